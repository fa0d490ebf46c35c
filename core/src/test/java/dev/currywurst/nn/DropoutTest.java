package dev.currywurst.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class DropoutTest {
  @Test
  void changesNothingWhenItIsOff() {
    try (Scope scope = Scope.open();
        Generator random = new Generator(1)) {
      Tensor x = Tensor.zeros(DType.FLOAT32, 1, 3);
      assertThat(Dropout.OFF.apply(x, 0.5)).isSameAs(x);
      assertThat(Dropout.OFF.applyToRows(x, 0.5)).isSameAs(x);
      assertThat(Dropout.drawing(List.of(random)).apply(x, 0)).isSameAs(x);
    }
  }

  @Test
  void dropsAsManyAsItIsToldAndKeepsTheMean() {
    try (Scope scope = Scope.open();
        Generator random = new Generator(2)) {
      Tensor x = Tensor.full(1, DType.FLOAT32, 1, 100, 100);
      float[] y = Dropout.drawing(List.of(random)).apply(x, 0.2).toFloats();
      int dropped = 0;
      for (float value : y) {
        assertThat(value).isIn(0f, 1.25f);
        dropped += value == 0 ? 1 : 0;
      }
      assertThat(dropped / (double) y.length).isCloseTo(0.2, within(0.015));
    }
  }

  @Test
  void dropsWholeSamples() {
    int[] kept = new int[2];
    for (int seed = 0; seed < 200; seed++) {
      try (Scope scope = Scope.open();
          Generator first = new Generator(seed);
          Generator second = new Generator(seed + 1000)) {
        Tensor x = Tensor.full(3, DType.FLOAT32, 2, 2, 2);
        float[] y = Dropout.drawing(List.of(first, second)).applyToRows(x, 0.5).toFloats();
        for (int row = 0; row < 2; row++) {
          float value = y[4 * row];
          assertThat(value).isIn(0f, 6f);
          assertThat(y[4 * row + 3]).isEqualTo(value);
          kept[row] += value > 0 ? 1 : 0;
        }
      }
    }
    assertThat(kept[0]).isBetween(70, 130);
    assertThat(kept[1]).isBetween(70, 130);
  }

  /** A batch that is split to save memory trains on the same numbers. */
  @Test
  void drawsForASampleWhateverItsCompany() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.full(1, DType.FLOAT32, 2, 5, 3);
      float[] together;
      try (Generator first = new Generator(7);
          Generator second = new Generator(8)) {
        together = Dropout.drawing(List.of(first, second)).apply(x, 0.5).toFloats();
      }
      try (Generator second = new Generator(8)) {
        float[] alone = Dropout.drawing(List.of(second)).apply(x.narrow(0, 1, 1), 0.5).toFloats();
        assertThat(alone).containsExactly(java.util.Arrays.copyOfRange(together, 15, 30));
      }
    }
  }

  @Test
  void refusesABatchOfAnotherSize() {
    try (Scope scope = Scope.open();
        Generator random = new Generator(1)) {
      Dropout one = Dropout.drawing(List.of(random));
      assertThatThrownBy(() -> one.apply(Tensor.zeros(DType.FLOAT32, 2, 3), 0.5))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("dropout for 1 samples met 2");
    }
  }
}
