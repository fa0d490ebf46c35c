package dev.currywurst.train.optim;

import dev.currywurst.tensor.CurrywurstException;
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
      throw new CurrywurstException(
          "The decay of the weights' average is %s; it must be from 0 to below 1."
              .formatted(decay));
    }
    this.weights = weights;
    this.decay = decay;
    try (Scope scope = Scope.open()) {
      this.average = weights.values().detach().copy().own();
    }
  }

  /**
   * Follows the weights after an update. Early on it follows faster, (1 + n) / (10 + n), as in
   * diffusers' {@code EMAModel}.
   *
   * @param step updates so far, from 1
   */
  public void follow(long step) {
    double ramped = Math.min(decay, (1.0 + step) / (10.0 + step));
    average.lerpInPlace(weights.values(), 1 - ramped);
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
