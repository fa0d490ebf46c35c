package dev.currywurst.train.optim;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as {@code torch.optim.AdamW}.
 *
 * <p>The flat weights are updated piece by piece, so that all eight operations on a piece find it
 * in the cache: memory is passed over once, as in PyTorch's fused kernel.
 */
public final class AdamW implements AutoCloseable {
  private static final long PIECE = 1 << 16;

  /**
   * The usual knobs.
   *
   * @param beta1 how slowly the mean of gradients follows
   * @param beta2 how slowly the mean of squares follows
   * @param eps added to the root of the mean of squares
   * @param weightDecay part of the weights that a rate of 1 would remove at each step
   */
  public record Settings(double beta1, double beta2, double eps, double weightDecay) {
    /** PyTorch's defaults. */
    public static final Settings DEFAULT = new Settings(0.9, 0.999, 1e-8, 0.01);

    public Settings {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps > 0 && weightDecay >= 0)) {
        throw new CurrywurstException(
            "AdamW needs betas from 0 to below 1, an epsilon above 0 and a weight decay of at least 0, not %s, %s, %s and %s."
                .formatted(beta1, beta2, eps, weightDecay));
      }
    }
  }

  private final FlatWeights weights;
  private final Settings settings;
  private final Tensor mean;
  private final Tensor square;

  public AdamW(FlatWeights weights, Settings settings) {
    this.weights = weights;
    this.settings = settings;
    try (Scope scope = Scope.open()) {
      this.mean = Tensor.zeros(DType.FLOAT32, weights.values().elements()).own();
      this.square = Tensor.zeros(DType.FLOAT32, weights.values().elements()).own();
    }
  }

  /**
   * Updates the weights.
   *
   * @param learningRate of this step
   * @param step counted from 1, for the correction of the early means. The trainer gives the run's
   *     step, so one that was skipped counts too, which PyTorch would not do; it makes a difference
   *     only while the means are young.
   */
  public void update(double learningRate, long step) {
    double correction1 = 1 - Math.pow(settings.beta1(), (double) step);
    double correction2 = Math.sqrt(1 - Math.pow(settings.beta2(), (double) step));
    long total = weights.values().elements();
    for (long start = 0; start < total; start += PIECE) {
      long length = Math.min(PIECE, total - start);
      try (Scope piece = Scope.open()) {
        Tensor w = weights.values().narrow(0, start, length);
        Tensor g = weights.gradients().narrow(0, start, length);
        Tensor m = mean.narrow(0, start, length);
        Tensor v = square.narrow(0, start, length);
        w.timesInPlace(1 - learningRate * settings.weightDecay());
        m.lerpInPlace(g, 1 - settings.beta1());
        v.timesInPlace(settings.beta2()).plusProductInPlace(g, g, 1 - settings.beta2());
        Tensor divisor = v.sqrt().timesInPlace(1 / correction2).plusInPlace(settings.eps());
        w.plusQuotientInPlace(m, divisor, -learningRate / correction1);
      }
    }
  }

  /** The mean of gradients, flat. */
  public Tensor mean() {
    return mean;
  }

  /** The mean of squared gradients, flat. */
  public Tensor square() {
    return square;
  }

  @Override
  public void close() {
    mean.close();
    square.close();
  }
}
