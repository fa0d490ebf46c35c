package dev.currywurst.train.report;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How fast a run goes, and how long it still will.
 *
 * <p>The first steps after each start are slower than the others (caches are cold, encoders see
 * their pictures for the first time), so a later step counts more than an earlier one; and what
 * comes between steps, such as evaluations and checkpoints, counts as often as it has come up so
 * far. Both are measured since the start, never on steps of an earlier process.
 */
public final class Pace {
  /** About the last 100 steps count. */
  private static final double NEW_SHARE = 0.01;

  /** Steps that count little once there are others. */
  private static final int SLOW_START = 5;

  private final LongSupplier nanoTime;
  private long last;
  private long steps;
  private double between;
  private double sum;
  private double weight;

  public Pace() {
    this(System::nanoTime);
  }

  Pace(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.last = nanoTime.getAsLong();
  }

  /** A step was done. */
  public void stepped() {
    double seconds = lap();
    steps++;
    if (steps == SLOW_START + 1) {
      sum = 0;
      weight = 0;
    }
    sum += NEW_SHARE * (seconds - sum);
    weight += NEW_SHARE * (1 - weight);
  }

  /** Something was done that is not a step; what comes before the first one comes once. */
  public void paused() {
    double seconds = lap();
    if (steps > 0) {
      between += seconds;
    }
  }

  private double lap() {
    long now = nanoTime.getAsLong();
    double seconds = (now - last) / 1e9;
    last = now;
    return seconds;
  }

  /** Steps a second, what comes between them left out; 0 before the first. */
  public double stepsPerSecond() {
    return sum > 0 ? weight / sum : 0;
  }

  /** The time that so many steps will take, with what comes between them. */
  public Duration remaining(long left) {
    if (steps == 0) {
      return Duration.ZERO;
    }
    return Duration.ofMillis(Math.round(1e3 * left * (sum / weight + between / steps)));
  }
}
