package dev.currywurst.train.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A range of values and the round ones in it.
 *
 * @param low the lowest value
 * @param high above it
 */
record Axis(double low, double high) {
  private static final int TICKS = 5;

  /** Smaller differences than this share of the values are not worth an axis. */
  private static final double FINEST = 1e-6;

  /** The axis of steps. */
  static Axis ofSteps(long steps) {
    return new Axis(0, Math.max(1, steps));
  }

  /**
   * An axis for curves. Of each it leaves out the highest of two hundred points: one bad batch
   * would press all others to the ground.
   */
  static Axis of(List<Series> curves) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Series curve : curves) {
      double[] sorted = values(curve).sorted().toArray();
      if (sorted.length > 0) {
        low = Math.min(low, sorted[0]);
        high = Math.max(high, sorted[sorted.length - 1 - sorted.length / 200]);
      }
    }
    if (low > high) {
      return new Axis(0, 1);
    }
    double margin = 0.05 * (high - low);
    double size = Math.max(1e-9, Math.max(Math.abs(low), Math.abs(high)));
    if (margin < FINEST * size) {
      margin = size / 10; // A flat curve, but for rounding.
    }
    double below = low >= 0 ? Math.max(0, low - margin) : low - margin;
    return new Axis(below, high + margin);
  }

  private static DoubleStream values(Series curve) {
    return curve.points().stream().mapToDouble(Series.Point::value).filter(Double::isFinite);
  }

  /** Where a value lies, from 0 at the low end to 1 at the high end; beyond them it is cut. */
  double at(double value) {
    return Math.min(1, Math.max(0, (value - low) / (high - low)));
  }

  /** Round values, at most six. */
  List<Double> ticks() {
    double rough = (high - low) / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double unit = rough / power;
    double distance = power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10);
    List<Double> ticks = new ArrayList<>();
    for (double k = Math.ceil(low / distance); k * distance <= high; k++) {
      ticks.add(k * distance);
    }
    return ticks;
  }

  /** A value in few letters, such as 0.25, 1200 or 2.5e-5. */
  static String label(double value) {
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    if (size < 1e-3 || size >= 1e6) {
      return String.format(Locale.ROOT, "%.2e", value)
          .replaceFirst("\\.?0*e", "e")
          .replaceFirst("e([+-])0?", "e$1")
          .replace("e+", "e");
    }
    String text = String.format(Locale.ROOT, size >= 100 ? "%.0f" : "%.4f", value);
    return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
  }
}
