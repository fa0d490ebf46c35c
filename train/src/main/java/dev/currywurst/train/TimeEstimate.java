package dev.currywurst.train;

import java.util.Arrays;
import java.util.Locale;

/**
 * How long the rest of a training takes, by the steps so far.
 *
 * @param secondsPerStep the median of the measured steps
 * @param steps that are left
 */
public record TimeEstimate(double secondsPerStep, long steps) {
  /**
   * From measured steps. The first one of a process is left out if there are others: it loads
   * kernels and touches memory. So is, by the median, the odd one that computes what is then kept.
   *
   * @param seconds of each step, at least one
   * @param steps that are left
   */
  public static TimeEstimate of(double[] seconds, long steps) {
    if (seconds.length == 0) {
      throw new IllegalArgumentException("no step was measured");
    }
    double[] sorted =
        seconds.length == 1 ? seconds.clone() : Arrays.copyOfRange(seconds, 1, seconds.length);
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new TimeEstimate(median, steps);
  }

  /** Of all steps that are left. */
  public double seconds() {
    return secondsPerStep * steps;
  }

  public double hours() {
    return seconds() / 3600;
  }

  /** Such as {@code About 2 h 05 min: 1000 steps of 7.50 s.} */
  public String sentence() {
    long minutes = Math.round(seconds() / 60);
    String length =
        minutes >= 60
            ? String.format(Locale.ROOT, "%d h %02d min", minutes / 60, minutes % 60)
            : minutes > 0 ? minutes + " min" : Math.round(seconds()) + " s";
    return String.format(
        Locale.ROOT, "About %s: %d steps of %.2f s.", length, steps, secondsPerStep);
  }
}
