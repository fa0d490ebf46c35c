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
}
