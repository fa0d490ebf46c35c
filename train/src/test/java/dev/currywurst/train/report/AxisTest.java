package dev.currywurst.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {
  /** Also for curves that differ by their last bit alone, and those that are not finite. */
  @ParameterizedTest
  @CsvSource({
    "0.2, 0.9",
    "0.3, 0.3",
    "10.000000000000002, 10.000000000000004",
    "0, 0",
    "-5, 1e12",
    "1e-300, 2e-300",
    "0.1, Infinity",
    "0.1, NaN"
  })
  void hasAFewRoundValues(double one, double other) {
    Series curve = new Series();
    curve.add(1, one);
    curve.add(2, other);
    Axis axis = Axis.of(List.of(curve));
    assertThat(axis.ticks()).hasSizeBetween(2, 7).allSatisfy(t -> assertThat(t).isFinite());
    assertThat(axis.at(one)).isBetween(0.0, 1.0);
  }
}
