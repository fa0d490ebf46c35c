package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.optim.Adafactor;
import dev.currywurst.train.optim.AdamW;
import dev.currywurst.train.optim.AdamW8bit;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.optim.Optimizer;
import dev.currywurst.train.stage.MemoryEstimate;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a user is told before the first step. */
class EstimateTest {
  private static final StageCConfig SIZE = new StageCConfig(16, 256, 64, 64, 10, 4, 0.1);
  private static final MemoryEstimate.Load LOAD = new MemoryEstimate.Load(4, 12, 12, 77);
  private static final long NUMBERS = 1_000_000;
  private static final long EVALUATIONS = 1_000_000_000;

  @Test
  void aThousandNumbersOfAThousandTakeFourTimesFourMegabytesWithAdam() {
    MemoryEstimate plain = estimate(AdamW.Settings.DEFAULT, 0.9, false);
    assertThat(plain.weights()).isEqualTo(4 * NUMBERS);
    assertThat(plain.gradients()).isEqualTo(4 * NUMBERS);
    assertThat(plain.optimizer()).isEqualTo(8 * NUMBERS);
    assertThat(plain.average()).isEqualTo(4 * NUMBERS);
    assertThat(estimate(AdamW.Settings.DEFAULT, 0, false).average()).isZero();
  }

  @Test
  void smallerStatesAndFewerActivationsAreTold() {
    AdamW.Settings adam = AdamW.Settings.DEFAULT;
    assertThat(estimate(new AdamW8bit.Settings(adam), 0, false).optimizer())
        .isBetween(2 * NUMBERS, 21 * NUMBERS / 10);
    assertThat(estimate(Adafactor.Settings.DEFAULT, 0, false).optimizer()).isEqualTo(4 * 2000);
    assertThat(estimate(adam, 0, true).activations())
        .isLessThan(estimate(adam, 0, false).activations() / 3);
  }

  private static MemoryEstimate estimate(
      Optimizer.Settings optimizer, double average, boolean checkpointing) {
    return MemoryEstimate.of(
        SIZE,
        NUMBERS,
        List.of(new long[] {1000, 1000}),
        new Learner.Settings(optimizer, 1, average),
        LOAD,
        DType.FLOAT32,
        checkpointing,
        0,
        EVALUATIONS);
  }

  /** They come when no step is under way, so the larger of both counts. */
  @Test
  void evaluationsCountWhereTheyTakeMoreThanAStep() {
    MemoryEstimate small = estimate(AdamW.Settings.DEFAULT, 0, true);
    assertThat(small.activations()).isLessThan(EVALUATIONS);
    assertThat(small.total()).isEqualTo((4 + 4 + 8) * NUMBERS + EVALUATIONS + small.runtime());
    assertThat(small.sentence()).contains("(in evaluations 1.00 for what paints)");
  }

  @Test
  void theFirstStepDoesNotCount() {
    TimeEstimate estimate = TimeEstimate.of(new double[] {60, 7, 8, 30, 7.5, 7.2}, 1000);
    assertThat(estimate.secondsPerStep()).isEqualTo(7.5);
    assertThat(estimate.sentence()).isEqualTo("About 2 h 05 min: 1000 steps of 7.50 s.");
    assertThat(TimeEstimate.of(new double[] {0.5}, 10).sentence())
        .isEqualTo("About 5 s: 10 steps of 0.50 s.");
  }

  /** The published model's card: 24,602 hours on an A100 of 250 W make 2276 kg at 370 g a kWh. */
  @Test
  void emissionsArePowerTimesTimeTimesIntensity() {
    EnergyEstimate energy = new EnergyEstimate(new Power(250, 370), 24_602);
    assertThat(energy.kilowattHours()).isCloseTo(6150.5, within(1e-9));
    assertThat(energy.kilogramsOfCo2()).isCloseTo(2275.7, within(0.1));
    assertThat(energy.toJson().get("co2_equivalents_kg").asDouble())
        .isEqualTo(energy.kilogramsOfCo2());
    assertThat(new EnergyEstimate(new Power(65, 432), 2).sentence())
        .isEqualTo("About 0.130 kWh and 56 g of CO2 equivalents (65 W for 2.00 h, 432 g a kWh).");
    assertThat(new Power(100, 432).over(120).sentence())
        .isEqualTo("About 3.3 Wh and 1.4 g of CO2 equivalents (100 W for 2.0 min, 432 g a kWh).");
    assertThatThrownBy(() -> new Power(0, 400))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("hardware_watts");
  }
}
