package dev.currywurst.train.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.weights.ConfigFile;
import java.util.Arrays;

/**
 * A figure that was found in a sample, and the range in which it would lie in 95 of 100 samples.
 *
 * @param value what was found
 * @param low end of the range
 * @param high end of the range
 */
public record Estimate(double value, double low, double high) {
  /** Deviations of a normal distribution on each side of 95 % of it. */
  private static final double Z = 1.959964;

  /** A share of cases, 0 to 1, with Wilson's interval (1927). Nothing is known of no cases. */
  public static Estimate share(int right, int cases) {
    if (cases == 0) {
      return new Estimate(Double.NaN, 0, 1);
    }
    double n = cases;
    double share = right / n;
    double middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n);
    double half = Z / (1 + Z * Z / n) * Math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
    return new Estimate(share, Math.max(0, middle - half), Math.min(1, middle + half));
  }

  /** The mean of some values, with the interval of its standard error. */
  public static Estimate mean(double[] values) {
    return within(average(values), deviation(values) / Math.sqrt(values.length));
  }

  /** A value with the spread of what came out of other samples. */
  public static Estimate around(double value, double[] others) {
    return within(value, deviation(others));
  }

  private static Estimate within(double value, double error) {
    return new Estimate(value, value - Z * error, value + Z * error);
  }

  private static double average(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  private static double deviation(double[] values) {
    double mean = average(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return values.length < 2 ? Double.NaN : Math.sqrt(sum / (values.length - 1));
  }

  /** For programs; what is not known is null. */
  public ObjectNode toJson() {
    ObjectNode json = ConfigFile.newObject();
    put(json, "value", value);
    put(json, "low", low);
    put(json, "high", high);
    return json;
  }

  private static void put(ObjectNode json, String name, double value) {
    if (Double.isFinite(value)) {
      json.put(name, value);
    } else {
      json.putNull(name);
    }
  }
}
