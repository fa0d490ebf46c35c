package dev.currywurst.train.report;

/**
 * A moving average that forgets: about the last 50 values count. The first ones count in full, so
 * that it does not have to climb from where it began.
 */
public final class Smoothing {
  private static final double NEW_SHARE = 0.02;

  private double sum;
  private double weight;

  /** Adds a value, unless it is not finite, and gives the average. */
  public double add(double value) {
    if (Double.isFinite(value)) {
      sum += NEW_SHARE * (value - sum);
      weight += NEW_SHARE * (1 - weight);
    }
    return value();
  }

  /** The average so far; not a number before the first value. */
  public double value() {
    return sum / weight;
  }
}
