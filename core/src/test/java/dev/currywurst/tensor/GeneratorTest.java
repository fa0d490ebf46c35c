package dev.currywurst.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withPrecision;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Numbers of {@code torch.Generator().manual_seed(1)} in Python. */
class GeneratorTest {
  @Test
  void halfPrecisionDrawsWhatPythonDraws() {
    try (Scope scope = Scope.open();
        Generator random = new Generator(1)) {
      // torch.randn(20, generator=random, dtype=torch.bfloat16)
      float[] twenty = random.normal(DType.BFLOAT16, 4, 5).toFloats();
      assertThat(Arrays.copyOf(twenty, 3))
          .containsExactly(new float[] {-1.523438f, -0.75f, -0.652344f}, withPrecision(1e-6f));
      assertThat(Arrays.copyOfRange(twenty, 16, 20))
          .containsExactly(
              new float[] {0.06103516f, -0.6171875f, -0.796875f, -0.13183594f},
              withPrecision(1e-8f));
      // torch.rand(1, ...), torch.randn(9, ..., dtype=torch.bfloat16)
      assertThat(random.uniform(DType.FLOAT32, 1).item()).isEqualTo(0.8300299048423767);
      assertThat(Arrays.copyOf(random.normal(DType.BFLOAT16, 9).toFloats(), 3))
          .containsExactly(-0.23535156f, 0.30273438f, -0.27734375f);
    }
  }

  @Test
  void wholeBlocksAreRoundedFloat32() {
    try (Scope scope = Scope.open();
        Generator random = new Generator(7);
        Generator same = new Generator(7)) {
      Tensor half = random.normal(DType.FLOAT16, 1, 16, 24, 24);
      Tensor single = same.normal(DType.FLOAT32, 1, 16, 24, 24);
      assertThat(half.toFloats()).isEqualTo(single.to(DType.FLOAT16).toFloats());
      assertThat(random.uniform(DType.FLOAT32, 3).toFloats())
          .isEqualTo(same.uniform(DType.FLOAT32, 3).toFloats());
    }
  }
}
