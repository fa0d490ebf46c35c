package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Tensor;

/** How a fresh weight begins. Loading ignores it. */
public sealed interface Init {
  /** Uniform in ±gain·sqrt(6 / (fan_in + fan_out)); Glorot and Bengio 2010. */
  record Xavier(double gain) implements Init {}

  /** Normal with mean 0. */
  record Normal(double deviation) implements Init {}

  /** Uniform in ±bound. */
  record Uniform(double bound) implements Init {}

  /** The same value everywhere. */
  record Constant(double value) implements Init {}

  Init XAVIER = new Xavier(1);
  Init ZERO = new Constant(0);
  Init ONE = new Constant(1);

  /** Draws a float32 tensor; the fans are read off the shape [out, in, kernel...]. */
  default Tensor draw(Generator random, long... shape) {
    if (this instanceof Constant constant) {
      return Tensor.full(constant.value(), DType.FLOAT32, shape);
    }
    if (this instanceof Normal normal) {
      return random.normal(DType.FLOAT32, shape).times(normal.deviation());
    }
    double bound = this instanceof Uniform uniform ? uniform.bound() : xavierBound(shape);
    return random.uniform(DType.FLOAT32, shape).times(2 * bound).minus(bound);
  }

  private double xavierBound(long... shape) {
    long kernel = 1;
    for (int i = 2; i < shape.length; i++) {
      kernel *= shape[i];
    }
    double fans = (shape[0] + (shape.length > 1 ? shape[1] : 1)) * (double) kernel;
    return ((Xavier) this).gain() * Math.sqrt(6 / fans);
  }

  /** This initialisation with every value multiplied by {@code factor}. */
  default Init scaled(double factor) {
    if (this instanceof Xavier xavier) {
      return new Xavier(xavier.gain() * factor);
    }
    if (this instanceof Normal normal) {
      return new Normal(normal.deviation() * factor);
    }
    if (this instanceof Uniform uniform) {
      return new Uniform(uniform.bound() * factor);
    }
    return new Constant(((Constant) this).value() * factor);
  }
}
