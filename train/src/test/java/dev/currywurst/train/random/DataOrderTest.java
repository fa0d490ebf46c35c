package dev.currywurst.train.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DataOrderTest {
  private static final int SIZE = 97;

  @Test
  void seesEverySampleOnceAnEpoch() {
    DataOrder order = new DataOrder(new Draws(1), SIZE);
    for (int epoch = 0; epoch < 4; epoch++) {
      assertThat(epoch(order, epoch))
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, SIZE).boxed().toList());
    }
  }

  @Test
  void shufflesEachEpochAnew() {
    DataOrder order = new DataOrder(new Draws(1), SIZE);
    List<Integer> sorted = IntStream.range(0, SIZE).boxed().toList();
    assertThat(epoch(order, 0)).isNotEqualTo(epoch(order, 1)).isNotEqualTo(sorted);
  }

  @Test
  void isAFunctionOfThePosition() {
    DataOrder order = new DataOrder(new Draws(1), SIZE);
    List<Integer> second = epoch(order, 1);
    List<Integer> first = epoch(order, 0);
    DataOrder fresh = new DataOrder(new Draws(1), SIZE);
    assertThat(epoch(fresh, 0)).isEqualTo(first);
    assertThat(epoch(fresh, 1)).isEqualTo(second);
  }

  @Test
  void needsSamples() {
    assertThatThrownBy(() -> new DataOrder(new Draws(1), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Integer> epoch(DataOrder order, long epoch) {
    List<Integer> samples = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      samples.add(order.sample(epoch * SIZE + i));
    }
    return samples;
  }

  @Test
  void weightsSayHowOftenASampleIsSeen() {
    double[] weights = {1, 0.5, 0, 2.25, 0.1};
    DataOrder order = new DataOrder(new Draws(7), weights, 0);
    int[] seen = new int[weights.length];
    int positions = (int) Math.round(400 * order.weight());
    for (int position = 0; position < positions; position++) {
      seen[order.sample(position)]++;
    }
    for (int i = 0; i < seen.length; i++) {
      assertThat(seen[i])
          .as("sample " + i)
          .isBetween((int) (400 * weights[i]) - 3, (int) (400 * weights[i]) + 3);
    }
  }

  @Test
  void aWeightedOrderDependsOnThePositionAlone() {
    double[] weights = {0.3, 1.7, 0.2, 0.2, 1};
    DataOrder forward = new DataOrder(new Draws(3), weights, 0);
    DataOrder backward = new DataOrder(new Draws(3), weights, 0);
    int[] samples = new int[200];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = forward.sample(i);
    }
    for (int i = samples.length - 1; i >= 0; i--) {
      assertThat(backward.sample(i)).isEqualTo(samples[i]);
    }
  }

  @Test
  void equalWeightsOfOneChangeNothing() {
    DataOrder plain = new DataOrder(new Draws(5), 6);
    DataOrder weighted = new DataOrder(new Draws(5), new double[] {1, 1, 1, 1, 1, 1}, 0);
    for (int i = 0; i < 30; i++) {
      assertThat(weighted.sample(i)).isEqualTo(plain.sample(i));
    }
  }
}
