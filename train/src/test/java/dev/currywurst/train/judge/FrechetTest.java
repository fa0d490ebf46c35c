package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The expected numbers are pytorch-fid's formula with numpy.cov and scipy.linalg.sqrtm, on the same
 * features in double precision.
 */
class FrechetTest {
  private final Scope scope = Scope.open();

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor features(int rows, double shift) {
    float[] values = new float[rows * 6];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < 6; j++) {
        values[i * 6 + j] =
            (float)
                (Math.sin(i * (j + 1) * 0.37 + shift)
                    + 0.1 * j * shift
                    + (i * 7 + j * 3) % 5 * 0.2);
      }
    }
    return Tensor.of(values, rows, 6);
  }

  @Test
  void equalsThePublishedFormula() {
    assertThat(Frechet.distance(features(40, 0), features(55, 0.8)))
        .isCloseTo(0.37193119018918086, within(1e-6));
    assertThat(Frechet.distance(features(9, 0), features(7, 0.3)))
        .isCloseTo(0.5959046495397509, within(1e-6));
  }

  @Test
  void isNothingBetweenASetAndItself() {
    assertThat(Frechet.distance(features(40, 0), features(40, 0))).isCloseTo(0, within(1e-9));
  }

  /** Fewer pictures than features have a singular covariance, which stops a matrix's root. */
  @Test
  void twoPicturesAreEnough() {
    double distance = Frechet.distance(features(2, 0), features(40, 0.5));
    assertThat(distance).isFinite().isPositive();
    assertThat(Frechet.distance(features(40, 0.5), features(2, 0)))
        .isCloseTo(distance, within(1e-9));
  }

  @Test
  void aRangeIsAroundItsValue() {
    Estimate estimate =
        Frechet.estimate(features(40, 0), features(55, 0.8), new SplittableRandom(1));
    assertThat(estimate.value()).isCloseTo(0.37193119018918086, within(1e-6));
    assertThat(estimate.low()).isLessThan(estimate.value());
    assertThat(estimate.high() - estimate.value())
        .isCloseTo(estimate.value() - estimate.low(), within(1e-12));
  }
}
