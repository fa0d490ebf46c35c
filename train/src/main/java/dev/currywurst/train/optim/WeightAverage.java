package dev.currywurst.train.optim;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;

/**
 * An exponential moving average of the weights: smoother than the weights, and after fine-tuning
 * still partly the original model.
 */
public final class WeightAverage implements AutoCloseable {
  private final FlatWeights weights;
  private final double decay;
  private final Tensor average;

  /** Begins with the weights as they are. */
  public WeightAverage(FlatWeights weights, double decay) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException("an average with a decay of " + decay);
    }
    this.weights = weights;
    this.decay = decay;
    try (Scope scope = Scope.open()) {
      this.average = weights.values().detach().copy().own();
    }
  }

  /**
   * Follows the weights after an update, exactly as diffusers' {@code EMAModel}: the first update
   * sets the average, the ones after it move it by 9/11, 9/12, 9/13 of the way, and so on down to 1
   * - decay.
   *
   * @param updates so far, this one included, from 1
   */
  public void follow(long updates) {
    average.lerpInPlace(weights.values(), 1 - decay(updates));
  }

  /** The part of the average that stays at an update. */
  double decay(long updates) {
    long before = updates - 1;
    return before <= 0 ? 0 : Math.min(decay, (1.0 + before) / (10.0 + before));
  }

  /** The average, flat. */
  public Tensor average() {
    return average;
  }

  @Override
  public void close() {
    average.close();
  }
}
