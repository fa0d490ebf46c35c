package dev.currywurst.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withPrecision;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Functions with a trap against numbers from PyTorch in Python. */
class FunctionalTest {
  /** [1, 1, 3, 4]: the squares of 0 to 11, divided by ten. */
  private static Tensor squares() {
    return Tensor.range(12).square().dividedBy(10).reshape(1, 1, 3, 4);
  }

  private static void expect(Tensor actual, float... expected) {
    assertThat(actual.toFloats()).containsExactly(expected, withPrecision(2e-5f));
  }

  /** {@code interpolate(x, size, mode="bicubic", align_corners=True, antialias=True)}. */
  @Test
  void bicubicAlignedIsTheKernelThatStageBWasTrainedOn() {
    try (Scope scope = Scope.open()) {
      expect(
          Functional.bicubicAligned(squares(), 5, 7),
          new float[] {
            -0.14377f, -0.14062f, -0.13404f, -0.07316f, 0.04154f, 0.22847f, 0.47059f,
            0.17787f, 0.2335f, 0.35114f, 0.52267f, 0.73983f, 1.03741f, 1.39059f,
            0.85709f, 1.02379f, 1.37648f, 1.7822f, 2.21617f, 2.74795f, 3.33618f,
            2.67263f, 2.95819f, 3.56246f, 4.21885f, 4.88488f, 5.66732f, 6.50712f,
            5.38594f, 5.78256f, 6.62187f, 7.51245f, 8.3953f, 9.41193f, 10.48678f
          });
      expect(
          Functional.bicubicAligned(squares(), 2, 3),
          1.61801f,
          2.76599f,
          3.94337f,
          6.23445f,
          8.8856f,
          11.24914f);
      expect(Functional.bicubicAligned(squares(), 3, 4), squares().toFloats());
      expect(
          Functional.bicubicAligned(squares(), 6, 2),
          new float[] {
            -0.00987f, 0.41584f, 0.38011f, 1.01356f, 1.12217f, 2.2271f, 2.42129f, 4.16409f,
            4.63844f, 6.99346f, 7.30098f, 10.23719f
          });
    }
  }

  /** {@code interpolate(x, size, mode="bilinear", antialias=True)}. */
  @Test
  void bilinearIsAntialiasedWithItsCornersFree() {
    try (Scope scope = Scope.open()) {
      expect(Functional.bilinear(squares(), 2, 3), 0.72f, 1.3f, 2.16f, 5.02f, 6.8f, 8.86f);
      expect(
          Functional.bilinear(squares(), 6, 2),
          new float[] {
            0.1f, 0.57143f, 0.64286f, 1.42857f, 1.72857f, 3.14286f, 3.61429f, 5.65714f, 6.3f,
            8.97143f, 7.64286f, 10.62857f
          });
    }
  }

  @Test
  void pixelShuffleAndItsInverse() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(16).reshape(1, 4, 2, 2);
      expect(Functional.pixelShuffle(x, 2), 0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15);
      expect(Functional.pixelUnshuffle(Functional.pixelShuffle(x, 2), 2), x.toFloats());
    }
  }

  /** The sum of squares through the kernel of batch normalisation, in parts of 4096 rows. */
  @Test
  void channelNormsAreNorms() {
    try (Scope scope = Scope.open();
        Generator random = new Generator(6)) {
      Tensor x = random.normal(DType.FLOAT32, 2, 90, 70, 3).plus(2);
      Tensor norms = Functional.channelNorms(x);
      assertThat(norms.shape()).containsExactly(2, 1, 1, 3);
      assertThat(norms.toFloats())
          .containsExactly(Functional.norm(x, 1, 2).toFloats(), withPrecision(1e-3f));
    }
  }

  @Test
  void squaredErrorIsAMeanForEachSample() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
      Tensor b = Tensor.of(new float[] {1, 0, 0, 0}, 2, 2);
      expect(Functional.squaredError(a, b), 2, 12.5f);
    }
  }

  /** One operation without gradients and two with them say the same. */
  @Test
  void modulatesAsItsFormula() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.of(new float[] {1, -2, 3, 0.5f, 4, -1}, 3, 2).requiresGrad(true);
      Tensor scale = Tensor.of(new float[] {2, -3}, 1, 2).requiresGrad(true);
      Tensor shift = Tensor.of(new float[] {0.5f, 1}, 1, 2).requiresGrad(true);
      float[] expected = {2.5f, 7, 6.5f, -0.5f, 8.5f, 4};
      Tensor recorded = Functional.modulate(x, scale, shift);
      assertThat(recorded.toFloats()).containsExactly(expected);
      assertThat(Grad.off(() -> Functional.modulate(x, scale, shift)).toFloats())
          .containsExactly(expected);
      recorded.sum().backward();
      assertThat(Objects.requireNonNull(x.grad()).toFloats()).containsExactly(2, -3, 2, -3, 2, -3);
      assertThat(Objects.requireNonNull(scale.grad()).toFloats()).containsExactly(8, -2.5f);
      assertThat(Objects.requireNonNull(shift.grad()).toFloats()).containsExactly(3, 3);
    }
  }
}
