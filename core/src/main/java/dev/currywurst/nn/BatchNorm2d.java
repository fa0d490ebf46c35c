package dev.currywurst.nn;

import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Normalises each channel of [B, C, H, W]: by the batch's statistics while training (which also
 * move the running ones by a tenth), by the running ones otherwise.
 */
public final class BatchNorm2d {
  /** How far a batch in training moves the running statistics towards its own. */
  public static final double MOMENTUM = 0.1;

  private final Tensor weight;
  private final Tensor bias;
  private final Tensor runningMean;
  private final Tensor runningVariance;
  private final double eps;

  public BatchNorm2d(Parameters p, long channels, double eps) {
    this.weight = p.weight("weight", Init.ONE, channels);
    this.bias = p.weight("bias", Init.ZERO, channels);
    this.runningMean = p.buffer("running_mean", Init.ZERO, channels);
    this.runningVariance = p.buffer("running_var", Init.ONE, channels);
    this.eps = eps;
  }

  /**
   * Normalises.
   *
   * @param x [B, C, H, W] in the weights' type
   * @param training whether by the batch's own statistics
   * @return of x's shape and type
   */
  public Tensor apply(Tensor x, boolean training) {
    return Engine.compute(
        () -> {
          try (TensorOptional w = new TensorOptional(weight.raw());
              TensorOptional b = new TensorOptional(bias.raw());
              TensorOptional mean = new TensorOptional(runningMean.raw());
              TensorOptional variance = new TensorOptional(runningVariance.raw())) {
            return torch.batch_norm(x.raw(), w, b, mean, variance, training, MOMENTUM, eps, false);
          }
        });
  }
}
