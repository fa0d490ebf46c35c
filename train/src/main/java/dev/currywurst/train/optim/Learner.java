package dev.currywurst.train.optim;

import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns gradients into new weights: clips, updates, averages. A step with a gradient that is not
 * finite changes nothing.
 */
public final class Learner implements AutoCloseable {
  /**
   * How the name of the number of skipped steps ends in a run's state. Checkpoints from before it
   * was counted lack it, and count skipped steps as if they had changed something.
   */
  public static final String SKIPPED = "skipped_steps";

  /** Weights that change places at once: 4 MB. */
  private static final long PIECE = 1 << 20;

  /**
   * How weights are learned.
   *
   * @param optimizer which one, and its knobs
   * @param maxGradNorm gradients longer than this are shortened to it
   * @param average of the weights
   */
  public record Settings(
      Optimizer.Settings optimizer, double maxGradNorm, WeightAverage.Settings average) {
    public Settings {
      if (!(maxGradNorm > 0)) {
        throw new CurrywurstException(
            "The longest gradient (max_grad_norm) is %s; give a number above 0."
                .formatted(maxGradNorm));
      }
    }

    /**
     * With an average as diffusers' {@code EMAModel}.
     *
     * @param averageDecay 0 keeps none
     */
    public Settings(Optimizer.Settings optimizer, double maxGradNorm, double averageDecay) {
      this(optimizer, maxGradNorm, WeightAverage.Settings.counted(averageDecay));
    }
  }

  private final FlatWeights weights;
  private final Optimizer optimizer;
  private final @Nullable WeightAverage average;
  private final double maxGradNorm;
  private final Tensor skipped;

  public Learner(Map<String, Tensor> trained, Settings settings) {
    this.weights = new FlatWeights(trained);
    this.optimizer = settings.optimizer().over(weights);
    this.average =
        settings.average().exists() ? new WeightAverage(weights, settings.average()) : null;
    this.maxGradNorm = settings.maxGradNorm();
    try (Scope scope = Scope.open()) {
      this.skipped = Tensor.of(new long[1], 1).own();
    }
  }

  /** Forgets the gradients: call it before the first {@code backward} of a step. */
  public void begin() {
    weights.gradients().fillInPlace(0);
  }

  /** The length of the gradient collected since {@link #begin()}, all weights as one vector. */
  public double gradientNorm() {
    return Grad.off(
        () -> {
          try (Scope scope = Scope.open()) {
            return Functional.norm(weights.gradients(), 0).item();
          }
        });
  }

  /**
   * Updates the weights with the gradients collected since {@link #begin()}.
   *
   * @param step counted from 0
   * @return the length of the gradient before clipping; if it is not finite, nothing was changed
   */
  public double update(double learningRate, long step) {
    double norm = gradientNorm();
    if (Double.isFinite(norm)) {
      update(learningRate, step, norm);
    } else {
      skip();
    }
    return norm;
  }

  /** Leaves everything as it is after a step that cannot be learned from, and counts it. */
  public void skip() {
    try (Scope scope = Scope.open()) {
      skipped.copyInPlace(Tensor.of(new long[] {skipped.toLongs()[0] + 1}, 1));
    }
  }

  /** How many of a run's first steps changed something, if all of the skipped ones are there. */
  public long updates(long steps) {
    return steps - skipped.toLongs()[0];
  }

  /** As {@link #update(double, long)}, with the finite {@link #gradientNorm()} known already. */
  public void update(double learningRate, long step, double norm) {
    long before = updates(step);
    Grad.off(
        () -> {
          // As torch.nn.utils.clip_grad_norm_, with its small number in the divisor.
          if (average != null) {
            average.beforeStep(before);
          }
          optimizer.update(learningRate, before + 1, maxGradNorm / (norm + 1e-6));
          if (average != null) {
            average.afterStep(before);
          }
        });
  }

  /** True if the weights are averaged. */
  public boolean averages() {
    return average != null;
  }

  /**
   * Runs {@code body} with the averaged weights in the network's place, and puts the live ones back
   * afterwards, whatever fails. They change places piece by piece, so it takes the memory of one.
   */
  public void withAveragedWeights(Runnable body) {
    if (average == null) {
      body.run();
    } else {
      exchanged(weights.values(), average.average(), body);
    }
  }

  static void exchanged(Tensor one, Tensor other, Runnable body) {
    long all = one.elements();
    long end = 0;
    // Before anything moves: the way back must not depend on free memory.
    try (Tensor spare = spare(one)) {
      try {
        for (; end < all; end += PIECE) {
          exchange(one, other, spare, end);
        }
        body.run();
      } finally {
        for (long start = 0; start < end; start += PIECE) {
          exchange(one, other, spare, start);
        }
      }
    }
  }

  private static Tensor spare(Tensor like) {
    try (Scope scope = Scope.open()) {
      return Tensor.empty(like.dtype(), Math.min(PIECE, like.elements())).own();
    }
  }

  private static void exchange(Tensor one, Tensor other, Tensor spare, long start) {
    long size = Math.min(PIECE, one.elements() - start);
    Grad.off(
        () -> {
          try (Scope scope = Scope.open()) {
            Tensor first = one.narrow(0, start, size);
            Tensor second = other.narrow(0, start, size);
            Tensor kept = spare.narrow(0, 0, size);
            kept.copyInPlace(first);
            first.copyInPlace(second);
            second.copyInPlace(kept);
          }
        });
  }

  /**
   * What a resumed run needs, by name: the weights, the optimizer's state, the average and the
   * number of skipped steps. Views are owned by the open scope.
   */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    add(state, "weight", weights.values());
    state.putAll(optimizer.state());
    if (average != null) {
      add(state, "average", average.average());
    }
    state.put(SKIPPED, skipped);
    return state;
  }

  private void add(Map<String, Tensor> state, String kind, Tensor flat) {
    weights.cut(flat).forEach((name, part) -> state.put(kind + "." + name, part));
  }

  @Override
  public void close() {
    weights.close();
    optimizer.close();
    if (average != null) {
      average.close();
    }
    skipped.close();
  }
}
