package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.List;

/**
 * Sines and cosines of a noise level between 0 and 1, as {@code gen_r_embedding} in Würstchen.
 *
 * <p>Always in float32: levels reach 10,000 before the sine, where one rounding in half precision
 * moves the angle by more than a radian. Training used float32 too.
 */
public final class NoiseLevelEmbedding {
  private static final double MAX_POSITIONS = 10_000;

  private NoiseLevelEmbedding() {}

  /**
   * Embeds noise levels.
   *
   * @param level [B], float32
   * @param width the number of values; an odd one is padded with a zero at the end
   * @return [B, width], float32: sines first, then cosines
   */
  public static Tensor of(Tensor level, int width) {
    return Scope.tidy(
        () -> {
          int half = width / 2;
          // The reference computes each of these in float32, in this order; at 10,000 radians the
          // order shows in the fourth digit.
          Tensor frequencies = Tensor.of(frequencies(half), 1, half).to(level.device());
          Tensor angle = level.times(MAX_POSITIONS).unsqueeze(1).times(frequencies);
          Tensor embedding = Tensor.cat(List.of(angle.sin(), angle.cos()), 1);
          if (width % 2 == 1) {
            Tensor zero = Tensor.zeros(DType.FLOAT32, level.size(0), 1).to(level.device());
            embedding = Tensor.cat(List.of(embedding, zero), 1);
          }
          return embedding;
        });
  }

  /**
   * exp(-i·log(10,000) / (half - 1)), each rounded once. Published PyTorch has these from Intel's
   * library, which rounds so; ours is built without it, and its last digit, times 10,000, moved the
   * networks' outputs by 2e-5.
   */
  private static float[] frequencies(int half) {
    float step = (float) (-Math.log(MAX_POSITIONS) / (half - 1));
    float[] frequencies = new float[half];
    for (int i = 0; i < half; i++) {
      frequencies[i] = (float) Math.exp(i * step);
    }
    return frequencies;
  }
}
