package dev.currywurst.train.stage;

/** Mean and deviation of many numbers. */
final class Moments {
  private double sum;
  private double squares;
  private long count;

  void add(float[] values) {
    for (float value : values) {
      sum += value;
      squares += (double) value * value;
    }
    count += values.length;
  }

  double mean() {
    return sum / count;
  }

  double deviation() {
    return Math.sqrt(squares / count - mean() * mean());
  }
}
