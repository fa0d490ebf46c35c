package dev.currywurst.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {
  @Test
  void changesNothingWhenItIsOff() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(DType.FLOAT32, 1, 3);
      assertThat(Dropout.OFF.apply(x, 0.5)).isSameAs(x);
      assertThat(Dropout.OFF.applyToRows(x, 0.5)).isSameAs(x);
      assertThat(Dropout.drawing(1).apply(x, 0)).isSameAs(x);
    }
  }

  @Test
  void dropsAsManyAsItIsToldAndKeepsTheMean() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.full(1, DType.FLOAT32, 1, 100, 100);
      float[] y = Dropout.drawing(1).apply(x, 0.2).toFloats();
      int dropped = 0;
      for (float value : y) {
        assertThat(value).isIn(0f, 1.25f);
        dropped += value == 0 ? 1 : 0;
      }
      assertThat(dropped / (double) y.length).isCloseTo(0.2, within(0.015));
    }
  }

  /** By four standard deviations, and neighbours as if they did not know of each other. */
  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.1, 0.5, 0.9})
  void dropsEachValueByItself(double probability) {
    int count = 1_000_000;
    try (Scope scope = Scope.open()) {
      for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
        Tensor x = Tensor.full(1, dtype, 2, count / 2);
        float[] y = Dropout.drawing(1, 2).apply(x, probability).toFloats();
        int dropped = 0;
        int pairs = 0;
        for (int i = 0; i < count; i++) {
          dropped += y[i] == 0 ? 1 : 0;
          pairs += i > 0 && y[i] == 0 && y[i - 1] == 0 ? 1 : 0;
        }
        double p = probability;
        assertThat((double) dropped)
            .isCloseTo(p * count, within(4 * Math.sqrt(count * p * (1 - p))));
        // A pair shares a value with each of its two neighbours.
        double variance = p * p * (1 - p * p) + 2 * p * p * p * (1 - p);
        assertThat((double) pairs)
            .isCloseTo(p * p * count, within(4 * Math.sqrt(count * variance)));
      }
    }
  }

  @Test
  void dropsWholeSamples() {
    int[] kept = new int[2];
    for (int seed = 0; seed < 200; seed++) {
      try (Scope scope = Scope.open()) {
        Tensor x = Tensor.full(3, DType.FLOAT32, 2, 2, 2);
        float[] y = Dropout.drawing(seed, seed + 1000).applyToRows(x, 0.5).toFloats();
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
      float[] together = Dropout.drawing(7, 8).apply(x, 0.5).toFloats();
      float[] alone = Dropout.drawing(8).apply(x.narrow(0, 1, 1), 0.5).toFloats();
      assertThat(alone).containsExactly(Arrays.copyOfRange(together, 15, 30));
    }
  }

  /** Into x or not: the same values are dropped, and gradients go the same way. */
  @Test
  void dropsInPlaceAsOtherwise() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.range(70).reshape(2, 35).requiresGrad(true);
      Tensor apart = Dropout.drawing(1, 2).apply(x.plus(1), 0.3);
      apart.square().sum().backward();
      float[] gradient = Objects.requireNonNull(x.grad()).toFloats();
      x.clearGrad();
      Tensor inPlace = Dropout.drawing(1, 2).applyInPlace(x.plus(1), 0.3);
      inPlace.square().sum().backward();
      assertThat(inPlace.toFloats()).containsExactly(apart.toFloats()).contains(0f);
      assertThat(Objects.requireNonNull(x.grad()).toFloats()).containsExactly(gradient);
    }
  }

  @Test
  void repeatsItsDrawsFromAPosition() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.full(1, DType.FLOAT32, 2, 9, 7);
      Dropout random = Dropout.drawing(1, 2);
      Tensor unused = random.apply(x, 0.3);
      long[] position = random.position();
      float[] first = random.apply(x, 0.3).toFloats();
      assertThat(random.apply(x, 0.3).toFloats()).isNotEqualTo(first);
      random.moveTo(position);
      assertThat(random.apply(x, 0.3).toFloats()).containsExactly(first);
    }
  }

  @Test
  void refusesABatchOfAnotherSize() {
    try (Scope scope = Scope.open()) {
      Dropout one = Dropout.drawing(1);
      assertThatThrownBy(() -> one.apply(Tensor.zeros(DType.FLOAT32, 2, 3), 0.5))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("dropout for 1 samples met 2");
    }
  }
}
