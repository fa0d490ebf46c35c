package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;

/**
 * Global response normalisation (ConvNeXt V2, Woo et al. 2023): y = γ·(x·s) + β + x, where s is
 * each channel's L2 norm over the picture divided by the mean norm of all channels.
 */
public final class GlobalResponseNorm {
  private static final double EPS = 1e-6;

  private final Tensor gamma;
  private final Tensor beta;

  public GlobalResponseNorm(Parameters p, long channels) {
    this.gamma = p.weight("gamma", Init.ZERO, 1, 1, 1, channels);
    this.beta = p.weight("beta", Init.ZERO, 1, 1, 1, channels);
  }

  /** [B, H, W, C] to the same, per picture; squares and sums in float32 whatever the type. */
  public Tensor apply(Tensor x) {
    // γ·x·s + β + x = x·(1 + γ·s) + β.
    return Scope.tidy(() -> Functional.modulate(x, factor(x), beta.to(x.dtype())));
  }

  /**
   * Multiplies x [B, H, W, C] by 1 + γ·s in place and leaves the addition of {@link #shift} to the
   * layer that follows. Records no gradients.
   */
  public void scaleInPlace(Tensor x) {
    try (Scope scope = Scope.open()) {
      x.timesInPlace(factor(x));
    }
  }

  /** β, [C]. */
  public Tensor shift() {
    return beta.reshape(-1);
  }

  /** 1 + γ·s, [B, 1, 1, C] in x's type. */
  private Tensor factor(Tensor x) {
    return Scope.tidy(
        () -> {
          Tensor norms = Grad.isOn() ? recordedNorms(x) : Functional.channelNorms(x);
          // Inverted first: the way back of a division by what broadcasts divides everything twice.
          Tensor share = norms.times(norms.mean(true, 3).plus(EPS).reciprocal());
          return gamma.to(DType.FLOAT32).times(share).plus(1).to(x.dtype());
        });
  }

  /**
   * L2 norms over the picture, [B, 1, 1, C], float32. A sum of squares: libtorch's own norm over
   * the middle dimensions takes forty times as long. The tiny addend keeps the gradient of an empty
   * channel finite.
   */
  private static Tensor recordedNorms(Tensor x) {
    return Scope.tidy(
        () -> {
          // In half precision a square of more than 256 overflows float16, and bfloat16 keeps eight
          // bits of it.
          Tensor exact = x.to(DType.FLOAT32);
          // Its gradient is x/√(Σx²): what x·x gives through the one factor that is not cut from
          // the graph, x, divided by a number. Roots and squares would take twice as many passes.
          Tensor squares = exact.times(exact.detach()).sum(DType.FLOAT32, true, 1, 2);
          return squares.dividedBy(squares.detach().plus(1e-30).sqrt());
        });
  }
}
