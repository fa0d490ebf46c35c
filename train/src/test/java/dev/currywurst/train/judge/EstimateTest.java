package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EstimateTest {
  /** Numbers of statsmodels' proportion_confint(81, 263, method="wilson"), as Newcombe prints. */
  @Test
  void aSharesRangeIsWilsons() {
    Estimate share = Estimate.share(81, 263);
    assertThat(share.value()).isCloseTo(0.30798, within(1e-5));
    assertThat(share.low()).isCloseTo(0.2553, within(1e-4));
    assertThat(share.high()).isCloseTo(0.3662, within(1e-4));
  }

  @Test
  void allRightLeavesRoomForDoubt() {
    Estimate all = Estimate.share(10, 10);
    assertThat(all.high()).isCloseTo(1, within(1e-9));
    assertThat(all.low()).isCloseTo(0.7225, within(1e-4));
  }

  @Test
  void nothingIsKnownOfNoCases() {
    assertThat(Estimate.share(0, 0).toJson().toString())
        .isEqualTo("{\"value\":null,\"low\":0.0,\"high\":1.0}");
  }

  @Test
  void aMeansRangeIsItsStandardErrors() {
    Estimate mean = Estimate.mean(new double[] {1, 2, 3, 4});
    assertThat(mean.value()).isEqualTo(2.5);
    assertThat(mean.high()).isCloseTo(2.5 + 1.959964 * Math.sqrt(5.0 / 3 / 4), within(1e-9));
  }
}
