package dev.currywurst.diffusion;

import static dev.currywurst.testing.ParityCase.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.ParityCase;
import org.junit.jupiter.api.Test;

class CosineScheduleTest {
  private final ParityCase reference = ParityCase.stored();

  @Test
  void signalEqualsDiffusers() {
    try (Scope scope = Scope.open()) {
      Tensor signal = CosineSchedule.STANDARD.signal(reference.tensor("scheduler.t"));
      assertClose(signal, reference.tensor("scheduler.alpha_cumprod"), 1e-6);
    }
  }

  @Test
  void addsNoiseAsDiffusersDoes() {
    try (Scope scope = Scope.open()) {
      for (int step = 0; step < 5; step++) {
        Tensor noisy =
            CosineSchedule.STANDARD.addNoise(
                reference.tensor("train." + step + ".x0"),
                reference.tensor("train." + step + ".noise"),
                reference.tensor("train." + step + ".t"));
        // Near level 0 one rounding of the cosine is thirty of the noise's share.
        assertClose(noisy, reference.tensor("train." + step + ".noisy"), 1e-5);
      }
    }
  }

  /** x' = cx·x - ce·ε + σ·z with coefficients that diffusers' scheduler gives. */
  @Test
  void stepsWithDiffusersCoefficients() {
    assertStep(1.0, 1.0 - 1.0 / 57, 2.733778, 2.368102, 0.930394);
    assertStep(2.0 / 3, 0.6, 1.175961, 0.375076, 0.492142);
    assertStep(2.0 / 30, 0.0, 1.006679, 0.115341, 0.0);
  }

  private static void assertStep(double from, double to, double cx, double ce, double sigma) {
    assertThat(stepped(from, to, 1, 0, 0)).isCloseTo(cx, within(2e-5));
    assertThat(stepped(from, to, 0, 1, 0)).isCloseTo(-ce, within(2e-5));
    assertThat(stepped(from, to, 0, 0, 1)).isCloseTo(sigma, within(2e-5));
  }

  private static double stepped(double from, double to, double x, double noise, double fresh) {
    try (Scope scope = Scope.open()) {
      return CosineSchedule.STANDARD
          .step(one(x), one(noise), one(from), one(to), one(fresh))
          .item();
    }
  }

  private static Tensor one(double value) {
    return Tensor.full(value, DType.FLOAT32, 1);
  }
}
