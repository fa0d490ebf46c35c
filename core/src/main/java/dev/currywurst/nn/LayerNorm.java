package dev.currywurst.nn;

import dev.currywurst.tensor.Tensor;

/** Normalises the last dimension, then scales and shifts each channel. */
public final class LayerNorm {
  private final Tensor weight;
  private final Tensor bias;
  private final double eps;

  public LayerNorm(Parameters p, long channels, double eps) {
    this.weight = p.weight("weight", Init.ONE, channels);
    this.bias = p.weight("bias", Init.ZERO, channels);
    this.eps = eps;
  }

  /** [..., C] to [..., C]; statistics in float32 whatever x's type. */
  public Tensor apply(Tensor x) {
    return Functional.layerNorm(x, weight, bias, eps);
  }
}
