package dev.currywurst.train.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.random.Draws.Purpose;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class DrawsTest {
  private final Draws draws = new Draws(42);

  /** A run that was begun with an older version must go on as it began. */
  @Test
  void staysWhatItIs() {
    assertThat(new Draws(0).key(Purpose.NOISE, 0, 0)).isEqualTo(6250530930864456520L);
    assertThat(draws.key(Purpose.NOISE, 3, 5)).isEqualTo(-282460033534741640L);
    assertThat(draws.uniform(Purpose.NOISE_LEVEL, new Part(7, 0, 2)))
        .containsExactly(0.9049824798531108, 0.9048087608131627);
    try (Scope scope = Scope.open()) {
      assertThat(draws.normal(Purpose.NOISE, new Part(1, 0, 2), 2).toFloats())
          .containsExactly(0.16924073f, -0.0118070105f, -0.83361083f, -0.0427707f);
    }
  }

  @Test
  void doesNotDependOnHowABatchIsSplit() {
    try (Scope scope = Scope.open()) {
      Tensor whole = draws.normal(Purpose.NOISE, new Part(9, 0, 5), 2, 3);
      Tensor first = draws.normal(Purpose.NOISE, new Part(9, 0, 2), 2, 3);
      Tensor second = draws.normal(Purpose.NOISE, new Part(9, 2, 3), 2, 3);
      assertThat(whole.shape()).containsExactly(5, 2, 3);
      assertThat(Tensor.cat(List.of(first, second), 0).toFloats()).isEqualTo(whole.toFloats());
    }
    double[] whole = draws.uniform(Purpose.CAPTION_DROPOUT, new Part(9, 0, 5));
    double[] first = draws.uniform(Purpose.CAPTION_DROPOUT, new Part(9, 0, 2));
    double[] second = draws.uniform(Purpose.CAPTION_DROPOUT, new Part(9, 2, 3));
    assertThat(DoubleStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray())
        .isEqualTo(whole);
  }

  @Test
  void drawsAnewForEachPurposeStepSampleAndSeed() {
    Set<Long> keys = new HashSet<>();
    for (Purpose purpose : Purpose.values()) {
      for (long step = 0; step < 20; step++) {
        for (long sample = 0; sample < 20; sample++) {
          keys.add(draws.key(purpose, step, sample));
          keys.add(new Draws(43).key(purpose, step, sample));
        }
      }
    }
    assertThat(keys).hasSize(2 * Purpose.values().length * 400);
  }

  @Test
  void isUniformAndUncorrelatedFromStepToStep() {
    int n = 20_000;
    double sum = 0;
    double product = 0;
    double before = 0.5;
    for (int step = 0; step < n; step++) {
      double value = draws.random(Purpose.NOISE_LEVEL, step, 0).nextDouble();
      sum += value;
      product += (value - 0.5) * (before - 0.5);
      before = value;
    }
    // Six deviations of the mean and of the correlation.
    assertThat(Math.abs(sum / n - 0.5)).isLessThan(6 * Math.sqrt(1.0 / 12 / n));
    assertThat(Math.abs(product / n)).isLessThan(6.0 / 12 / Math.sqrt(n));
  }
}
