package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;

/**
 * Reads numbers of a configuration that must lie within bounds: a wrong one would make a run go
 * wrong for hours.
 *
 * @param file the part that holds them
 */
record BoundedConfig(ConfigFile file) {
  /** A part of something, from 0 to 1. */
  double share(double fallback, String name) {
    return between(0, 1, fallback, name);
  }

  /** A number from {@code least} to {@code most}, both allowed. */
  double between(double least, double most, double fallback, String name) {
    double value = file.doubleValue(fallback, name);
    if (!(value >= least && value <= most)) {
      throw new CurrywurstException(
          "%s: %s is %s; give %s to %s."
              .formatted(file.origin(), name, text(value), text(least), text(most)));
    }
    return value;
  }

  /** A finite number of at least 0, such as the weight of a loss. */
  double weight(double fallback, String name) {
    double value = file.doubleValue(fallback, name);
    if (!(value >= 0 && value <= Double.MAX_VALUE)) {
      throw new CurrywurstException(
          "%s: %s is %s; give a number of at least 0.".formatted(file.origin(), name, text(value)));
    }
    return value;
  }

  /** A whole number of at least {@code least}. */
  int atLeast(int least, int fallback, String name) {
    int value = file.intValue(fallback, name);
    if (value < least) {
      throw new CurrywurstException(
          "%s: %s is %d; give a whole number of at least %d."
              .formatted(file.origin(), name, value, least));
    }
    return value;
  }

  /** A whole number from {@code least} to {@code most}, both allowed. */
  int whole(int least, int most, int fallback, String name) {
    int value = file.intValue(fallback, name);
    if (value < least || value > most) {
      throw new CurrywurstException(
          "%s: %s is %d; give a whole number from %d to %d."
              .formatted(file.origin(), name, value, least, most));
    }
    return value;
  }

  /** 1 rather than 1.0. */
  private static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
