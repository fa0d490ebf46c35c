package dev.currywurst.train.optim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@link AdamW} that keeps its two means in 8 bits, as {@code bitsandbytes.optim.AdamW8bit}: a
 * quarter of the memory for them. Between updates the means are {@linkplain DynamicQuantization
 * quantised}; each update is computed in float32. Weights of fewer than 4096 numbers keep means of
 * 32 bits.
 */
public final class AdamW8bit implements Optimizer {
  /** Weights smaller than this are not worth the loss. */
  private static final long SMALLEST = 4096;

  /** Blocks that are worked on at a time, so that all passes over them find them in the cache. */
  private static final long PIECE = 256;

  /** The knobs of the update. */
  public record Settings(AdamW.Settings adam) implements Optimizer.Settings {
    static final String KEY = "adamw_8bit";

    @Override
    public String key() {
      return KEY;
    }

    @Override
    public AdamW8bit over(FlatWeights weights) {
      return new AdamW8bit(weights, this);
    }

    @Override
    public long stateBytes(long... shape) {
      long elements = FlatWeights.elements(shape);
      return elements < SMALLEST
          ? 8 * elements
          : 2 * blocks(elements) * (DynamicQuantization.BLOCK + Float.BYTES);
    }

    @Override
    public void describe(ObjectNode json) {
      json.put("optimizer", KEY);
      adam.describe(json);
    }
  }

  /** A weight, its gradient and their means; each is a flat view or its own. */
  private sealed interface State {
    /** Of a small weight. */
    record Exact(Tensor mean, Tensor square) implements State {}

    /** Of a large one. */
    record Quantised(DynamicQuantization.Codes mean, DynamicQuantization.Codes square)
        implements State {}
  }

  private final FlatWeights weights;
  private final AdamW.Settings settings;
  private final DynamicQuantization signed = new DynamicQuantization(true);
  private final DynamicQuantization unsigned = new DynamicQuantization(false);
  private final Map<String, State> states = new LinkedHashMap<>();

  public AdamW8bit(FlatWeights weights, Settings settings) {
    this.weights = weights;
    this.settings = settings.adam();
    try (Scope scope = Scope.open()) {
      weights
          .cut(weights.values())
          .forEach((name, weight) -> states.put(name, state(weight.elements())));
    }
  }

  private static long blocks(long elements) {
    return (elements + DynamicQuantization.BLOCK - 1) / DynamicQuantization.BLOCK;
  }

  private State state(long elements) {
    if (elements < SMALLEST) {
      return new State.Exact(
          Tensor.zeros(DType.FLOAT32, elements).own(), Tensor.zeros(DType.FLOAT32, elements).own());
    }
    State.Quantised state = new State.Quantised(codes(elements), codes(elements));
    // The codes of zeros.
    Tensor zeros = Tensor.zeros(DType.FLOAT32, blocks(elements), DynamicQuantization.BLOCK);
    signed.write(zeros, state.mean());
    unsigned.write(zeros, state.square());
    return state;
  }

  private static DynamicQuantization.Codes codes(long elements) {
    long blocks = blocks(elements);
    return new DynamicQuantization.Codes(
        Tensor.zeros(DType.UINT8, blocks, DynamicQuantization.BLOCK).own(),
        Tensor.zeros(DType.FLOAT32, blocks, 1).own());
  }

  @Override
  public void update(double learningRate, long step, double factor) {
    try (Scope scope = Scope.open()) {
      if (factor < 1) {
        weights.gradients().timesInPlace(factor);
      }
      Map<String, Tensor> values = weights.cut(weights.values());
      Map<String, Tensor> gradients = weights.cut(weights.gradients());
      Step now = new Step(settings, learningRate, step);
      states.forEach(
          (name, state) ->
              update(values.get(name).reshape(-1), gradients.get(name).reshape(-1), state, now));
    }
  }

  private void update(Tensor weight, Tensor gradient, State state, Step now) {
    if (state instanceof State.Exact exact) {
      try (Scope scope = Scope.open()) {
        now.update(weight, gradient, exact.mean(), exact.square());
      }
      return;
    }
    State.Quantised quantised = (State.Quantised) state;
    long blocks = quantised.mean().codes().size(0);
    for (long first = 0; first < blocks; first += PIECE) {
      long count = Math.min(PIECE, blocks - first);
      try (Scope piece = Scope.open()) {
        update(
            weight,
            gradient,
            first,
            part(quantised.mean(), first, count),
            part(quantised.square(), first, count),
            now);
      }
    }
  }

  private void update(
      Tensor weight,
      Tensor gradient,
      long first,
      DynamicQuantization.Codes means,
      DynamicQuantization.Codes squares,
      Step now) {
    long start = first * DynamicQuantization.BLOCK;
    Tensor mean = signed.read(means);
    Tensor square = unsigned.read(squares);
    long length = Math.min(mean.elements(), weight.elements() - start);
    // Behind the weight's end the last block is zeros and stays so.
    now.update(
        weight.narrow(0, start, length),
        gradient.narrow(0, start, length),
        mean.reshape(-1).narrow(0, 0, length),
        square.reshape(-1).narrow(0, 0, length));
    signed.write(mean, means);
    unsigned.write(square, squares);
  }

  private static DynamicQuantization.Codes part(
      DynamicQuantization.Codes codes, long first, long count) {
    return new DynamicQuantization.Codes(
        codes.codes().narrow(0, first, count), codes.scales().narrow(0, first, count));
  }

  /** One update in float32, operation by operation as bitsandbytes does it. */
  private record Step(AdamW.Settings settings, double learningRate, long step) {
    void update(Tensor weight, Tensor gradient, Tensor mean, Tensor square) {
      double correction1 = 1 - Math.pow(settings.beta1(), (double) step);
      double correction2 = Math.sqrt(1 - Math.pow(settings.beta2(), (double) step));
      mean.timesInPlace(settings.beta1()).plusInPlace(gradient.times(1 - settings.beta1()));
      square
          .timesInPlace(settings.beta2())
          .plusProductInPlace(gradient, gradient, 1 - settings.beta2());
      Tensor divisor = square.sqrt().timesInPlace(1 / correction2).plusInPlace(settings.eps());
      weight.timesInPlace(1 - learningRate * settings.weightDecay());
      weight.plusQuotientInPlace(mean, divisor, -learningRate / correction1);
    }
  }

  /**
   * "mean_codes", "mean_scales", "square_codes" and "square_scales" of large weights, "mean" and
   * "square" of small ones.
   */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    states.forEach(
        (name, state) -> {
          if (state instanceof State.Quantised large) {
            all.put("mean_codes." + name, large.mean().codes());
            all.put("mean_scales." + name, large.mean().scales());
            all.put("square_codes." + name, large.square().codes());
            all.put("square_scales." + name, large.square().scales());
          } else if (state instanceof State.Exact small) {
            all.put("mean." + name, small.mean());
            all.put("square." + name, small.square());
          }
        });
    return all;
  }

  @Override
  public void close() {
    state().values().forEach(Tensor::close);
    signed.close();
    unsigned.close();
  }
}
