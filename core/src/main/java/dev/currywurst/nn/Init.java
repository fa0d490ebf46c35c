package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Tensor;

/**
 * How a fresh weight begins. Loading ignores it.
 *
 * @param kind the distribution
 * @param value its gain, deviation, bound or constant
 */
public record Init(Kind kind, double value) {
  /** The distributions that the published recipes use. */
  public enum Kind {
    /** Uniform in ±gain·sqrt(6 / (fan_in + fan_out)); Glorot and Bengio 2010. */
    XAVIER,
    /** Normal with mean 0. */
    NORMAL,
    /** Uniform in ±bound. */
    UNIFORM,
    CONSTANT
  }

  public static final Init XAVIER = new Init(Kind.XAVIER, 1);
  public static final Init ZERO = new Init(Kind.CONSTANT, 0);
  public static final Init ONE = new Init(Kind.CONSTANT, 1);

  public static Init normal(double deviation) {
    return new Init(Kind.NORMAL, deviation);
  }

  public static Init uniform(double bound) {
    return new Init(Kind.UNIFORM, bound);
  }

  /** This initialisation with every value multiplied by {@code factor}. */
  public Init scaled(double factor) {
    return new Init(kind, value * factor);
  }

  /** Draws a float32 tensor; the fans are read off the shape [out, in, kernel...]. */
  public Tensor draw(Generator random, long... shape) {
    return switch (kind) {
      case CONSTANT -> Tensor.full(value, DType.FLOAT32, shape);
      case NORMAL -> random.normal(DType.FLOAT32, shape).times(value);
      case UNIFORM -> uniform(random, value, shape);
      case XAVIER -> uniform(random, value * Math.sqrt(6 / fans(shape)), shape);
    };
  }

  private static Tensor uniform(Generator random, double bound, long... shape) {
    return random.uniform(DType.FLOAT32, shape).times(2 * bound).minus(bound);
  }

  private static double fans(long... shape) {
    double kernel = 1;
    for (int i = 2; i < shape.length; i++) {
      kernel *= shape[i];
    }
    return (shape[0] + (shape.length > 1 ? shape[1] : 1)) * kernel;
  }
}
