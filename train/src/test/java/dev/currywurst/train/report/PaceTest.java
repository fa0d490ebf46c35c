package dev.currywurst.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
  private final AtomicLong clock = new AtomicLong(1_000);
  private final Pace pace = new Pace(clock::get);

  private void steps(int count, double seconds) {
    for (int i = 0; i < count; i++) {
      clock.addAndGet((long) (seconds * 1e9));
      pace.stepped();
    }
  }

  private void pause(double seconds) {
    clock.addAndGet((long) (seconds * 1e9));
    pace.paused();
  }

  @Test
  void slowFirstStepsAreForgotten() {
    steps(1, 60);
    assertThat(pace.remaining(100)).isEqualTo(Duration.ofMinutes(100));
    steps(4, 10);
    steps(20, 0.5);
    assertThat(pace.stepsPerSecond()).isCloseTo(2, within(1e-9));
    assertThat(pace.remaining(100)).isCloseTo(Duration.ofSeconds(50), Duration.ofMillis(1));
  }

  /** Two minutes of painting before the first step come once; evaluations come again. */
  @Test
  void whatComesBetweenStepsCountsAsOftenAsItCame() {
    pause(120);
    for (int k = 0; k < 5; k++) {
      steps(100, 0.1);
      pause(10);
    }
    assertThat(pace.stepsPerSecond()).isCloseTo(10, within(1e-9));
    assertThat(pace.remaining(500)).isCloseTo(Duration.ofSeconds(100), Duration.ofMillis(10));
  }

  @Test
  void followsAMachineThatBecomesSlower() {
    steps(1000, 0.1);
    steps(500, 0.4);
    assertThat(pace.stepsPerSecond()).isBetween(2.5, 2.6);
  }

  @Test
  void saysNothingBeforeTheFirstStep() {
    assertThat(pace.stepsPerSecond()).isZero();
    assertThat(pace.remaining(10)).isZero();
  }
}
