package dev.currywurst.train.dataset;

/**
 * The pattern of a drawing apart from its colours: how each pixel differs from the mean, along the
 * axis on which the drawing's own colours differ most (their first principal component). Red
 * stripes on green are so seen as well as black ones on white, although they may be equally bright.
 */
final class Pattern {
  /** Colours that differ less than this, of 1, are even; what noise is left must not count. */
  private static final double EVEN = 0.02;

  private static final int ITERATIONS = 20;

  private Pattern() {}

  /**
   * Finds the pattern.
   *
   * @param rgb the pixels, three bytes each
   * @param inside how much each pixel counts, 0 to 1
   * @return zero mean and unit length; all zero for an even drawing
   */
  static double[] of(byte[] rgb, double[] inside) {
    double[][] deviation = deviation(rgb, inside);
    double[] axis = principalAxis(deviation);
    double[] pattern = new double[inside.length];
    double squares = 0;
    double area = 0;
    for (int i = 0; i < inside.length; i++) {
      for (int channel = 0; channel < 3; channel++) {
        pattern[i] += axis[channel] * deviation[channel][i];
      }
      squares += pattern[i] * pattern[i];
      area += inside[i];
    }
    boolean even = squares <= EVEN * EVEN * area;
    for (int i = 0; i < pattern.length; i++) {
      pattern[i] = even ? 0 : pattern[i] / Math.sqrt(squares);
    }
    return pattern;
  }

  private static double[][] deviation(byte[] rgb, double[] inside) {
    double[][] deviation = new double[3][inside.length];
    for (int channel = 0; channel < 3; channel++) {
      double sum = 0;
      double area = 0;
      for (int i = 0; i < inside.length; i++) {
        deviation[channel][i] = (rgb[3 * i + channel] & 0xff) / 255.0;
        sum += deviation[channel][i] * inside[i];
        area += inside[i];
      }
      for (int i = 0; i < inside.length; i++) {
        deviation[channel][i] = inside[i] * (deviation[channel][i] - sum / area);
      }
    }
    return deviation;
  }

  /** By power iteration from gray; the longest part points up, so that copies agree. */
  private static double[] principalAxis(double[][] deviation) {
    double[][] covariance = new double[3][3];
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        for (int i = 0; i < deviation[a].length; i++) {
          covariance[a][b] += deviation[a][i] * deviation[b][i];
        }
      }
    }
    // Not quite gray: that may be at right angles to the axis.
    double[] axis = {0.61, 0.58, 0.55};
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      double[] next = new double[3];
      double length = 0;
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          next[a] += covariance[a][b] * axis[b];
        }
        length += next[a] * next[a];
      }
      if (length == 0) {
        return axis;
      }
      for (int a = 0; a < 3; a++) {
        axis[a] = next[a] / Math.sqrt(length);
      }
    }
    double longest = 0;
    for (double part : axis) {
      longest = Math.abs(part) > Math.abs(longest) ? part : longest;
    }
    double sign = Math.signum(longest);
    return new double[] {sign * axis[0], sign * axis[1], sign * axis[2]};
  }
}
