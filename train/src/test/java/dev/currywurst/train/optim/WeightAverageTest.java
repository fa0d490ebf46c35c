package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.optim.WeightAverage.Ramp;
import dev.currywurst.train.optim.WeightAverage.Settings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Against {@code EMAModel} of diffusers 0.42.1, which these lines print the numbers of:
 *
 * <pre>{@code
 * w = torch.nn.Parameter(torch.zeros(1))
 * ema = EMAModel([w], decay=0.6)
 * for value in (4., 15., -2., 8., 3., 1.):
 *     with torch.no_grad(): w.fill_(value)
 *     ema.step([w])
 *     print(ema.shadow_params[0].item())
 * }</pre>
 */
class WeightAverageTest {
  private static final float[] WEIGHTS = {4, 15, -2, 8, 3, 1};

  /** What {@code get_decay} returns for these numbers of updates. */
  @ParameterizedTest
  @CsvSource({
    "1, 0.0",
    "2, 0.18181818181818182",
    "3, 0.25",
    "10, 0.5263157894736842",
    "800, 0.9888751545117429",
    "801, 0.9888888888888889",
    "890, 0.9899888765294772",
    "891, 0.99",
    "5000, 0.99"
  })
  void followsFasterAtTheBeginning(long updates, double expected) {
    assertThat(Settings.counted(0.99).decayAt(updates)).isCloseTo(expected, within(1e-15));
  }

  @Test
  void averagesAsDiffusersDoes() {
    assertThat(averages(Settings.counted(0.6)))
        .containsExactly(
            new float[] {4, 13, 1.75f, 6.0769234f, 4.0989013f, 2.2395606f}, within(1e-6f));
    assertThat(averages(Settings.counted(0.25)))
        .containsExactly(new float[] {4, 13, 1.75f, 6.4375f, 3.859375f, 1.7148438f}, within(1e-6f));
  }

  /** {@code use_ema_warmup=True}, first as it is, then {@code inv_gamma=2, power=0.75}. */
  @Test
  void rampsAsDiffusersDoes() {
    assertThat(averages(new Settings(0.9, Ramp.POWER, 1, 2.0 / 3, 0, 0, 0, 1)))
        .containsExactly(
            new float[] {4, 10.929565f, 4.713679f, 6.017856f, 4.985764f, 3.7786617f},
            within(2e-6f));
    assertThat(averages(new Settings(0.9, Ramp.POWER, 2, 0.75, 0.3, 0, 0, 1)))
        .containsExactly(
            new float[] {4, 11.7f, 3.5539312f, 5.7901855f, 4.5661554f, 3.1725197f}, within(2e-6f));
  }

  @Test
  void beginsAfterSomeUpdatesAsDiffusersDoes() {
    assertThat(averages(new Settings(0.9, Ramp.COUNTED, 1, 1, 0, 2, 0, 1)))
        .containsExactly(new float[] {4, 15, -2, 6.181818f, 3.7954545f, 1.8601398f}, within(1e-6f));
  }

  /** {@code ema.optimization_step = 1000}: nothing of the first weights is dropped. */
  @Test
  void goesOnFromAnInheritedCount() {
    assertThat(averages(new Settings(0.9999, Ramp.COUNTED, 1, 1, 0, 0, 1000, 1)))
        .containsExactly(
            new float[] {0.0356436f, 0.1688574f, 0.1495692f, 0.2193163f, 0.243997f, 0.2507004f},
            within(1e-6f));
    assertThat(averages(new Settings(0.95, Ramp.COUNTED, 1, 1, 0, 0, 1000, 1)))
        .containsExactly(averages(Settings.constant(0.95)));
    assertThat(averages(Settings.constant(0.95)))
        .containsExactly(
            new float[] {0.2f, 0.94f, 0.793f, 1.15335f, 1.2456825f, 1.2333983f}, within(1e-6f));
  }

  /** What decides whether a fine-tuned model remembers: the share of the first weights. */
  @Test
  void keepsOrDropsTheBase() {
    assertThat(left(Settings.counted(0.9999), 100)).isZero();
    Settings fromScratch = new Settings(0.9999, Ramp.COUNTED, 1, 1, 0, 0, 1, 1);
    assertThat(left(fromScratch, 100)).as("the original's counter").isLessThan(1e-11);
    Settings inherited = new Settings(0.9999, Ramp.COUNTED, 1, 1, 0, 0, 1_000_000, 1);
    assertThat(left(inherited, 15_000)).isCloseTo(0.223, within(0.001));
    assertThat(left(Settings.constant(1 - 1.5 / 400), 400)).isCloseTo(0.223, within(0.001));
  }

  private static double left(Settings settings, int updates) {
    double left = 1;
    for (int update = 1; update <= updates; update++) {
      left *= settings.decayAt(update);
    }
    return left;
  }

  /** The steps are those of this run, however often the base model was averaged. */
  @Test
  void waitsAlsoWithAnInheritedCount() {
    Settings waiting = new Settings(0.9, Ramp.CONSTANT, 1, 1, 0, 3, 5000, 1);
    assertThat(waiting.decayAt(3)).isZero();
    assertThat(waiting.decayAt(4)).isEqualTo(0.9);
  }

  /** Three batches a step: the first two find the weights as the step before left them. */
  @Test
  void mayFollowAfterEachBatch() {
    Settings perBatch = new Settings(0.5, Ramp.CONSTANT, 1, 1, 0, 0, 0, 3);
    assertThat(averages(perBatch)).startsWith(2, 9.25f);
    assertThat(perBatch.updatesAfter(5)).isEqualTo(15);
  }

  @Test
  void refusesWhatIsNoAverage() {
    assertThatThrownBy(() -> Settings.counted(1))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("(ema_decay) is 1.0; it must be from 0 to below 1");
    assertThatThrownBy(() -> Ramp.parse("steep"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("use constant, counted, power");
  }

  /** The average after each step, of a weight that begins at 0. */
  private static float[] averages(Settings settings) {
    float[] averages = new float[WEIGHTS.length];
    try (Scope scope = Scope.open();
        Tensor weight = Tensor.of(new float[] {0}, 1).own();
        FlatWeights flat = new FlatWeights(Map.of("w", weight));
        WeightAverage average = new WeightAverage(flat, settings)) {
      for (int i = 0; i < WEIGHTS.length; i++) {
        average.beforeStep(i);
        flat.values().fillInPlace(WEIGHTS[i]);
        average.afterStep(i);
        averages[i] = (float) average.average().narrow(0, 0, 1).item();
      }
    }
    return averages;
  }
}
