package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightAverageTest {
  /** What {@code EMAModel(decay=0.99).get_decay} returns for these updates in diffusers 0.42.1. */
  @Test
  void followsFasterAtTheBeginning() {
    try (Scope scope = Scope.open();
        Tensor weight = Tensor.of(new float[] {1}, 1).own();
        FlatWeights flat = new FlatWeights(Map.of("w", weight));
        WeightAverage average = new WeightAverage(flat, 0.99)) {
      assertThat(average.decay(1)).isEqualTo(0);
      assertThat(average.decay(2)).isCloseTo(2.0 / 11, within(1e-12));
      assertThat(average.decay(3)).isCloseTo(3.0 / 12, within(1e-12));
      assertThat(average.decay(800)).isCloseTo(800.0 / 809, within(1e-12));
      assertThat(average.decay(5000)).isEqualTo(0.99);
    }
  }

  @Test
  void averages() {
    try (Scope scope = Scope.open();
        Tensor weight = Tensor.of(new float[] {0}, 1).own();
        FlatWeights flat = new FlatWeights(Map.of("w", weight));
        WeightAverage average = new WeightAverage(flat, 0.99)) {
      flat.values().fillInPlace(4);
      Grad.off(() -> average.follow(1));
      flat.values().fillInPlace(15);
      Grad.off(() -> average.follow(2));
      float expected = 4 * 2f / 11 + 15 * 9f / 11;
      assertThat(average.average().narrow(0, 0, 1).item()).isCloseTo(expected, within(1e-5));
    }
  }
}
