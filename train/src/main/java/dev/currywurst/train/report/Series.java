package dev.currywurst.train.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A curve over steps that stays small however long the run: it keeps every point, then every second
 * one, then every fourth, and always the newest.
 */
public final class Series {
  private static final int MOST = 4096;

  /** A value at a step. */
  public record Point(long step, double value) {}

  private List<Point> points = new ArrayList<>();
  private Point newest = new Point(0, Double.NaN);
  private long added;
  private long stride = 1;

  /** Adds a value, unless it is not finite; steps come in rising order. */
  void add(long step, double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    newest = new Point(step, value);
    if (added++ % stride == 0) {
      points.add(newest);
    }
    if (points.size() == MOST) {
      List<Point> half = new ArrayList<>();
      for (int i = 0; i < MOST; i += 2) {
        half.add(points.get(i));
      }
      points = half;
      stride *= 2;
    }
  }

  public boolean isEmpty() {
    return points.isEmpty();
  }

  /** In rising order of their steps. */
  public List<Point> points() {
    List<Point> all = new ArrayList<>(points);
    if (!isEmpty() && all.get(all.size() - 1).step() != newest.step()) {
      all.add(newest);
    }
    return all;
  }
}
