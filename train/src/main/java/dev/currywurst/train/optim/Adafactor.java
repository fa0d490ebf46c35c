package dev.currywurst.train.optim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Adafactor (Shazeer and Stern 2018), as {@code transformers.optimization.Adafactor}: of the mean
 * of squared gradients it keeps only the means of its rows and columns, so that its state is next
 * to nothing. Weights of one dimension keep all of it.
 */
public final class Adafactor implements Optimizer {
  /**
   * The knobs, under transformers' names.
   *
   * @param eps1 added to squared gradients
   * @param eps2 the least size of a weight where {@code scaleParameter}
   * @param clipThreshold largest root mean square of an update
   * @param decayRate exponent of the step in the decay of the squares' mean, below 0
   * @param beta1 how slowly a mean of updates follows; empty to keep none
   * @param weightDecay part of the weights that a rate of 1 would remove at each step
   * @param scaleParameter whether the rate is relative to each weight's root mean square
   * @param relativeStep whether the rate is a function of the step, 1 over its root and at most
   *     0.01, and the given one is not used
   * @param warmupInit whether that function begins with 1e-6 times the step
   */
  public record Settings(
      double eps1,
      double eps2,
      double clipThreshold,
      double decayRate,
      OptionalDouble beta1,
      double weightDecay,
      boolean scaleParameter,
      boolean relativeStep,
      boolean warmupInit)
      implements Optimizer.Settings {
    static final String KEY = "adafactor";

    /** With the given learning rate as it is, as OneTrainer's presets. */
    public static final Settings DEFAULT =
        new Settings(1e-30, 1e-3, 1.0, -0.8, OptionalDouble.empty(), 0, false, false, false);

    public Settings {
      if (!(eps1 > 0 && eps2 > 0 && clipThreshold > 0 && decayRate < 0 && weightDecay >= 0)) {
        throw new CurrywurstException(
            "Adafactor needs epsilons and a clip threshold above 0, a decay rate below 0 and a weight decay of at least 0, not %s, %s, %s, %s and %s."
                .formatted(eps1, eps2, clipThreshold, decayRate, weightDecay));
      }
      beta1.ifPresent(
          beta -> {
            if (!(beta >= 0 && beta < 1)) {
              throw new CurrywurstException(
                  "Adafactor's beta1 is %s; it must be from 0 to below 1.".formatted(beta));
            }
          });
      if (warmupInit && !relativeStep) {
        throw new CurrywurstException(
            "Adafactor's warmup_init is a part of its relative_step; switch that on too.");
      }
    }

    @Override
    public String key() {
      return KEY;
    }

    @Override
    public Adafactor over(FlatWeights weights) {
      return new Adafactor(weights, this);
    }

    @Override
    public long stateBytes(long... shape) {
      long elements = FlatWeights.elements(shape);
      long squares =
          shape.length < 2
              ? elements
              : FlatWeights.elements(rows(shape)) + FlatWeights.elements(columns(shape));
      return Float.BYTES * (squares + (beta1.isPresent() ? elements : 0));
    }

    @Override
    public void describe(ObjectNode json) {
      json.put("optimizer", KEY)
          .put("adafactor_eps1", eps1)
          .put("adafactor_eps2", eps2)
          .put("adafactor_clip_threshold", clipThreshold)
          .put("adafactor_decay_rate", decayRate)
          .put("adafactor_weight_decay", weightDecay)
          .put("adafactor_scale_parameter", scaleParameter)
          .put("adafactor_relative_step", relativeStep)
          .put("adafactor_warmup_init", warmupInit);
      beta1.ifPresent(beta -> json.put("adafactor_beta1", beta));
    }

    @Override
    public double rate(double given, long step) {
      if (!relativeStep) {
        return given;
      }
      double least = warmupInit ? 1e-6 * step : 1e-2;
      return Math.min(least, 1 / Math.sqrt((double) step));
    }
  }

  /** Means of squares: of rows and columns, or {@code all} of a weight of one dimension. */
  private record State(
      @Nullable Tensor rows,
      @Nullable Tensor columns,
      @Nullable Tensor all,
      @Nullable Tensor mean) {}

  private final FlatWeights weights;
  private final Settings settings;
  private final Map<String, State> states = new LinkedHashMap<>();

  public Adafactor(FlatWeights weights, Settings settings) {
    this.weights = weights;
    this.settings = settings;
    try (Scope scope = Scope.open()) {
      weights
          .cut(weights.values())
          .forEach((name, weight) -> states.put(name, state(weight.shape())));
    }
  }

  private State state(long... shape) {
    boolean factored = shape.length >= 2;
    return new State(
        factored ? zeros(rows(shape)) : null,
        factored ? zeros(columns(shape)) : null,
        factored ? null : zeros(shape),
        settings.beta1().isPresent() ? zeros(shape) : null);
  }

  private static Tensor zeros(long... shape) {
    return Tensor.zeros(DType.FLOAT32, shape).own();
  }

  /** Without the last dimension. */
  private static long[] rows(long... shape) {
    return Arrays.copyOf(shape, shape.length - 1);
  }

  /** Without the last but one. */
  private static long[] columns(long... shape) {
    long[] columns = Arrays.copyOf(shape, shape.length - 1);
    columns[columns.length - 1] = shape[shape.length - 1];
    return columns;
  }

  @Override
  public void update(double learningRate, long step, double factor) {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> values = weights.cut(weights.values());
      Map<String, Tensor> gradients = weights.cut(weights.gradients());
      states.forEach(
          (name, state) -> {
            try (Scope one = Scope.open()) {
              Tensor gradient = gradients.get(name);
              if (factor < 1) {
                gradient.timesInPlace(factor);
              }
              update(values.get(name), gradient, state, learningRate, step);
            }
          });
    }
  }

  private void update(Tensor weight, Tensor gradient, State state, double given, long step) {
    double rate = settings.rate(given, step);
    if (settings.scaleParameter()) {
      rate *= Math.max(settings.eps2(), rms(weight));
    }
    double decay = 1 - Math.pow((double) step, settings.decayRate());
    Tensor squared = gradient.square().plusInPlace(settings.eps1());
    Tensor update = direction(squared, state, decay).timesInPlace(gradient);
    double clipped = Math.max(1, rms(update) / settings.clipThreshold());
    update.timesInPlace(rate / clipped);
    if (state.mean() != null) {
      double beta = settings.beta1().orElseThrow();
      update = state.mean().timesInPlace(beta).plusInPlace(update.timesInPlace(1 - beta));
    }
    if (settings.weightDecay() != 0) {
      weight.timesInPlace(1 - settings.weightDecay() * rate);
    }
    weight.plusInPlace(update.negate());
  }

  /** One over the root of the mean of squares, of the gradient's shape. */
  private static Tensor direction(Tensor squared, State state, double decay) {
    if (state.all() != null) {
      follow(state.all(), squared, decay);
      return state.all().rsqrt();
    }
    Tensor rows = follow(state.rows(), squared.mean(false, -1), decay);
    Tensor columns = follow(state.columns(), squared.mean(false, -2), decay);
    Tensor share = rows.dividedBy(rows.mean(true, -1)).rsqrt();
    return share.unsqueeze(-1).times(columns.unsqueeze(-2).rsqrt());
  }

  private static Tensor follow(@Nullable Tensor mean, Tensor now, double decay) {
    if (mean == null) {
      throw new IllegalStateException("a weight of one dimension has neither rows nor columns");
    }
    return mean.timesInPlace(decay).plusInPlace(now.timesInPlace(1 - decay));
  }

  /** Root mean square. */
  private static double rms(Tensor x) {
    return Functional.norm(x.reshape(-1), 0).item() / Math.sqrt((double) x.elements());
  }

  /** "square_rows" and "square_columns", or "square"; with a beta1 also "mean". */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    states.forEach(
        (name, state) -> {
          put(all, "square_rows." + name, state.rows());
          put(all, "square_columns." + name, state.columns());
          put(all, "square." + name, state.all());
          put(all, "mean." + name, state.mean());
        });
    return all;
  }

  private static void put(Map<String, Tensor> all, String key, @Nullable Tensor value) {
    if (value != null) {
      all.put(key, value);
    }
  }

  @Override
  public void close() {
    state().values().forEach(Tensor::close);
  }
}
