package dev.currywurst.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AncestralSamplerTest {
  private final AncestralSampler sampler =
      new AncestralSampler(CosineSchedule.STANDARD, Timesteps.evenlySpaced(8));

  /** A network that knows the answer: all that differs from it is noise. */
  private AncestralSampler.Denoiser knowing(Tensor answer) {
    return (x, step) -> {
      Tensor level = sampler.levels().narrow(0, step, 1);
      Tensor signal = CosineSchedule.STANDARD.signal(level);
      return x.minus(answer.times(signal.sqrt())).dividedBy(signal.negate().plus(1).sqrt());
    };
  }

  @Test
  void findsWhatAPerfectNetworkSees() {
    try (Scope scope = Scope.open();
        Generator random = new Generator(3)) {
      Tensor answer = random.normal(DType.FLOAT32, 1, 4, 2, 2);
      Tensor start = random.normal(DType.FLOAT32, 1, 4, 2, 2);
      List<Double> errors = new ArrayList<>();
      Tensor found =
          sampler.sample(
              start,
              () -> random.normal(DType.FLOAT32, 1, 4, 2, 2),
              knowing(answer),
              (step, latents, expected) ->
                  errors.add(expected.get().minus(answer).abs().max().item()));
      // At level 0 the schedule keeps a signal of 0.9999: a hundredth of the noise stays.
      assertThat(found.minus(answer).abs().max().item()).isLessThan(0.05);
      assertThat(errors).hasSize(8).allSatisfy(e -> assertThat(e).isCloseTo(0, within(1e-3)));
    }
  }

  @Test
  void drawsOnceAStepAlsoAtTheLast() {
    try (Scope scope = Scope.open()) {
      List<String> order = new ArrayList<>();
      Tensor x = Tensor.zeros(DType.FLOAT32, 1, 1, 1, 1);
      sampler.sample(
          x,
          () -> {
            order.add("draw");
            return Tensor.zeros(DType.FLOAT32, 1, 1, 1, 1);
          },
          (latents, index) -> {
            order.add("network");
            return latents;
          },
          (step, latents, expected) -> order.add("step " + step));
      assertThat(order).hasSize(24).startsWith("network", "draw", "step 1").endsWith("step 8");
    }
  }

  @Test
  void observerEndsTheSamplingAndNothingLeaks() {
    long before = Scope.liveTensors();
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(DType.FLOAT32, 1, 1, 1, 1);
      assertThatThrownBy(
              () ->
                  sampler.sample(
                      x,
                      () -> x,
                      (latents, index) -> latents,
                      (step, latents, expected) -> {
                        if (step == 3) {
                          throw new IllegalStateException("enough");
                        }
                      }))
          .hasMessage("enough");
    }
    assertThat(Scope.liveTensors()).isEqualTo(before);
  }

  @Test
  void guidanceLeavesTheNegativeHalfBehind() {
    try (Scope scope = Scope.open()) {
      Tensor both = Tensor.of(new float[] {3, 1}, 2, 1); // prompt, negative
      assertThat(new Guidance(4).apply(both).toFloats()).containsExactly(9);
      assertThat(new Guidance(1).isOn()).isFalse();
      assertThat(new Guidance(1.01).isOn()).isTrue();
    }
  }
}
