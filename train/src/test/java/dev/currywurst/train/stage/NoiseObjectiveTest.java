package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import dev.currywurst.weights.ConfigFile;
import org.junit.jupiter.api.Test;

class NoiseObjectiveTest {
  private static final CosineSchedule SCHEDULE = CosineSchedule.STANDARD;
  private final NoiseObjective original = new NoiseObjective(SCHEDULE, 1.08, Weighting.Fixed.P2);

  @Test
  void drawsPureNoiseInSevenAndAHalfPerCentOfTheSamples() {
    int n = 20_000;
    try (Scope scope = Scope.open()) {
      float[] levels = original.levels(new Draws(3), new Part(0, 0, n)).toFloats();
      int pure = 0;
      for (float level : levels) {
        assertThat(level).isBetween(0.001f, 1f);
        pure += level == 1 ? 1 : 0;
      }
      // 1.08 u + 0.001 reaches 1 at u = 0.925; five deviations of a share of 20,000.
      assertThat((double) pure / n).isCloseTo(0.075, within(5 * Math.sqrt(0.075 * 0.925 / n)));
    }
  }

  @Test
  void drawsOtherwiseUniformly() {
    assertThat(original.level(0)).isEqualTo(0.001);
    assertThat(original.level(0.5)).isCloseTo(0.541, within(1e-12));
    assertThat(original.level(0.9999)).isEqualTo(1);
    NoiseObjective plain = new NoiseObjective(SCHEDULE, 1, Weighting.Fixed.PLAIN);
    assertThat(plain.level(0.5)).isCloseTo(0.501, within(1e-12));
  }

  @Test
  void weighsByWhatIsLeftOfTheNoise() {
    try (Scope scope = Scope.open()) {
      Tensor level = Tensor.of(new float[] {0.1f, 0.5f, 1}, 3);
      Tensor noise = Tensor.of(new float[] {0, 0, 0, 0, 0, 0}, 3, 2);
      Tensor predicted = Tensor.of(new float[] {1, 1, 2, 2, 3, 3}, 3, 2);
      float[] signal = SCHEDULE.signal(level).toFloats();
      double expected = ((1 - signal[0]) + 4 * (1 - signal[1]) + 9 * (1 - signal[2])) / 3;
      assertThat(original.loss(predicted, noise, level).item()).isCloseTo(expected, within(1e-6));
      NoiseObjective plain = new NoiseObjective(SCHEDULE, 1.08, Weighting.Fixed.PLAIN);
      assertThat(plain.loss(predicted, noise, level).item()).isCloseTo(14.0 / 3, within(1e-6));
    }
  }

  /** The published form, (1 + SNR)⁻¹ with SNR = ᾱ / (1 - ᾱ), is the same. */
  @Test
  void agreesWithThePublishedWeight() {
    try (Scope scope = Scope.open()) {
      for (float at : new float[] {0.05f, 0.3f, 0.77f, 0.99f}) {
        double signal = SCHEDULE.signal(Tensor.of(new float[] {at}, 1)).item();
        assertThat(1 / (1 + signal / (1 - signal))).isCloseTo(1 - signal, within(1e-12));
      }
    }
  }

  @Test
  void namesTheWeightingsItKnows() {
    ConfigFile file = ConfigFile.of("c.json", ConfigFile.newObject().put("loss_weighting", "snr"));
    assertThatThrownBy(() -> NoiseObjective.read(file, SCHEDULE))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "c.json: the loss_weighting \"snr\" is not known; use plain, p2, min_snr or adaptive.");
  }

  /** min(SNR, 5) / SNR: 1 where there is more noise than a fifth of the signal. */
  @Test
  void weighsByAtMostFiveTimesTheNoise() {
    try (Scope scope = Scope.open()) {
      float[] weights =
          new Weighting.MinSnr(5).of(Tensor.of(new float[] {0.1f, 0.8f, 0.99f}, 3)).toFloats();
      assertThat(weights).containsExactly(new float[] {1, 1, 5f / 99}, within(1e-5f));
    }
  }

  /** As diffusers' script: the offset is to be predicted too, the perturbation is not. */
  @Test
  void offsetsAndPerturbsNoise() {
    NoiseObjective disturbed = new NoiseObjective(SCHEDULE, 1, Weighting.Fixed.PLAIN, 0.1, 0.2);
    Draws draws = new Draws(3);
    Part part = new Part(4, 0, 2);
    try (Scope scope = Scope.open()) {
      NoiseObjective.Noise noise = disturbed.noise(draws, part, 4, 3, 3);
      Tensor plain = draws.normal(Draws.Purpose.NOISE, part, 4, 3, 3);
      float[] offset = noise.target().minus(plain).toFloats();
      for (int i = 0; i < offset.length; i++) {
        assertThat(offset[i]).isCloseTo(offset[i / 9 * 9], within(1e-6f)); // all over a channel
      }
      assertThat(offset[0]).isNotCloseTo(offset[9], within(1e-3f));
      Tensor more = draws.normal(Draws.Purpose.INPUT_PERTURBATION, part, 4, 3, 3).times(0.2);
      assertThat(noise.shown().minus(noise.target()).minus(more).abs().max().item())
          .isLessThan(1e-6);
      assertThat(original.noise(draws, part, 4, 3, 3).shown().minus(plain).abs().max().item())
          .isZero();
    }
  }
}
