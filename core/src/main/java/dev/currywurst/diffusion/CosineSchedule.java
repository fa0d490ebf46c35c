package dev.currywurst.diffusion;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;

/**
 * Würstchen's noise schedule: cosine (Nichol and Dhariwal 2021) over continuous levels from 0 (no
 * noise) to 1. {@code DDPMWuerstchenScheduler} in diffusers. All arithmetic is float32, in the
 * reference's order, whatever type the network computes in.
 *
 * @param s keeps the level near 0 from vanishing, 0.008
 * @param scaler bends the levels; 1 leaves them
 */
public record CosineSchedule(double s, double scaler) {
  private static final double SMALLEST = 1e-4;
  private static final double LARGEST = 0.9999;

  /** The schedule of the published models. */
  public static final CosineSchedule STANDARD = new CosineSchedule(0.008, 1.0);

  public CosineSchedule {
    if (!(s >= 0) || !(scaler > 0)) {
      throw new CurrywurstException(
          "A noise schedule needs s of at least 0 and a scaler above 0, not %s and %s."
              .formatted(s, scaler));
    }
  }

  /**
   * How much of the picture is left in the variance, ᾱ(t).
   *
   * @param level noise levels [B], float32
   * @return [B], between 0.0001 and 0.9999
   */
  public Tensor signal(Tensor level) {
    return Scope.tidy(
        () -> {
          Tensor bent = level;
          if (scaler > 1) {
            bent = level.negate().plus(1).pow(scaler).negate().plus(1);
          } else if (scaler < 1) {
            bent = level.pow(scaler);
          }
          return unscaled(bent)
              .dividedBy(unscaled(Tensor.zeros(DType.FLOAT32, 1).to(level.device())))
              .clamp(SMALLEST, LARGEST);
        });
  }

  /** cos²((t + s) / (1 + s) · π/2), each operation rounded to float32 as the reference does. */
  private Tensor unscaled(Tensor level) {
    Tensor offset = Tensor.full(s, DType.FLOAT32, 1).to(level.device());
    return level.plus(offset).dividedBy(offset.plus(1)).times(Math.PI).times(0.5).cos().square();
  }

  /**
   * x_t = sqrt(ᾱ)·x_0 + sqrt(1 - ᾱ)·ε.
   *
   * @param clean x_0, [B, ...]
   * @param noise ε of the same shape
   * @param level [B], float32
   */
  public Tensor addNoise(Tensor clean, Tensor noise, Tensor level) {
    return Scope.tidy(
        () -> {
          long[] each = new long[clean.dims()];
          java.util.Arrays.fill(each, 1);
          each[0] = level.size(0);
          Tensor signal = signal(level).reshape(each);
          return clean
              .times(signal.sqrt())
              .plus(noise.times(signal.negate().plus(1).sqrt()))
              .to(clean.dtype());
        });
  }

  /**
   * One ancestral step from a noise level to a lower one (Ho et al. 2020, equation 11).
   *
   * @param x latents at {@code from}
   * @param predictedNoise the network's ε
   * @param from the level of x, one value [1], float32
   * @param to the level of the result, one value [1], float32; at 0 no fresh noise is added
   * @param freshNoise standard normal of x's shape; the reference draws it at every step, also at
   *     the last one, where it has no effect
   */
  public Tensor step(Tensor x, Tensor predictedNoise, Tensor from, Tensor to, Tensor freshNoise) {
    return Scope.tidy(
        () -> {
          DType dtype = x.dtype();
          Tensor signal = signal(from);
          Tensor signalAfter = signal(to);
          Tensor alpha = signal.dividedBy(signalAfter);
          Tensor removed = alpha.negate().plus(1);
          Tensor noiseLeft = signal.negate().plus(1);
          Tensor mean =
              alpha
                  .reciprocal()
                  .sqrt()
                  .times(
                      x.to(DType.FLOAT32)
                          .minus(
                              removed
                                  .times(predictedNoise.to(DType.FLOAT32))
                                  .dividedBy(noiseLeft.sqrt())));
          if (to.item() == 0) {
            return mean.to(dtype);
          }
          Tensor deviation =
              removed.times(signalAfter.negate().plus(1)).dividedBy(noiseLeft).sqrt();
          return mean.plus(deviation.times(freshNoise.to(DType.FLOAT32))).to(dtype);
        });
  }

  /**
   * The picture that a prediction expects at the end: x_0 = (x_t - sqrt(1 - ᾱ)·ε) / sqrt(ᾱ).
   *
   * @param x latents at {@code level}
   * @param predictedNoise the network's ε
   * @param level the level of x, one value [1], float32
   */
  public Tensor expectedClean(Tensor x, Tensor predictedNoise, Tensor level) {
    return Scope.tidy(
        () -> {
          Tensor signal = signal(level);
          Tensor noise = predictedNoise.to(DType.FLOAT32);
          return x.to(DType.FLOAT32)
              .minus(noise.times(signal.negate().plus(1).sqrt()))
              .dividedBy(signal.sqrt());
        });
  }
}
