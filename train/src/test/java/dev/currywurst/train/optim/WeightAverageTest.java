package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
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
    try (Scope scope = Scope.open();
        Tensor weight = Tensor.of(new float[] {1}, 1).own();
        FlatWeights flat = new FlatWeights(Map.of("w", weight));
        WeightAverage average = new WeightAverage(flat, 0.99)) {
      assertThat(average.decay(updates)).isCloseTo(expected, within(1e-15));
    }
  }

  @Test
  void averagesAsDiffusersDoes() {
    assertThat(averages(0.6))
        .containsExactly(
            new float[] {4, 13, 1.75f, 6.0769234f, 4.0989013f, 2.2395606f}, within(1e-6f));
    assertThat(averages(0.25))
        .containsExactly(new float[] {4, 13, 1.75f, 6.4375f, 3.859375f, 1.7148438f}, within(1e-6f));
  }

  /** The average after each update of a weight. */
  private static float[] averages(double decay) {
    float[] averages = new float[WEIGHTS.length];
    try (Scope scope = Scope.open();
        Tensor weight = Tensor.of(new float[] {0}, 1).own();
        FlatWeights flat = new FlatWeights(Map.of("w", weight));
        WeightAverage average = new WeightAverage(flat, decay)) {
      for (int i = 0; i < WEIGHTS.length; i++) {
        flat.values().fillInPlace(WEIGHTS[i]);
        average.follow(i + 1);
        averages[i] = (float) average.average().narrow(0, 0, 1).item();
      }
    }
    return averages;
  }
}
