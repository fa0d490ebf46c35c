package dev.currywurst.nn;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;

/**
 * A convolution whose weight is divided by its largest singular value (Miyato et al. 2018), so that
 * a discriminator cannot become arbitrarily steep. One power iteration at each use follows the
 * value while the weight changes.
 */
public final class SpectralNormConv2d {
  private static final double EPS = 1e-12;

  private final Tensor weight;
  private final Tensor bias;
  private final Tensor left;
  private final Conv2d.Shape shape;

  /**
   * Takes {@code weight_orig} [out, in / groups, k, k], {@code bias} [out], and the buffer {@code
   * weight_u} [out]: the left singular vector so far, of length 1 after the first use.
   */
  public SpectralNormConv2d(Parameters p, long in, long out, Conv2d.Shape shape) {
    this.weight =
        p.weight(
            "weight_orig", Init.XAVIER, out, in / shape.groups(), shape.kernel(), shape.kernel());
    this.bias = p.weight("bias", Init.ZERO, out);
    this.left = p.buffer("weight_u", Init.normal(1), out);
    this.shape = shape;
  }

  /** [B, C, H, W] to [B, C', H', W']. */
  public Tensor apply(Tensor x) {
    return Scope.tidy(
        () -> {
          Tensor matrix = weight.reshape(weight.size(0), -1); // [out, rest]
          Tensor right = Grad.off(() -> unit(matrix.transpose(0, 1).matmul(left.reshape(-1, 1))));
          Grad.off(() -> left.copyInPlace(unit(matrix.matmul(right)).reshape(-1)));
          Tensor largest = left.copy().reshape(1, -1).matmul(matrix).matmul(right); // [1, 1]
          Tensor normed = weight.dividedBy(largest.reshape(1, 1, 1, 1));
          return Conv2d.apply(x, normed, bias, shape);
        });
  }

  private static Tensor unit(Tensor vector) {
    return vector.dividedBy(Functional.norm(vector, 0).plus(EPS));
  }
}
