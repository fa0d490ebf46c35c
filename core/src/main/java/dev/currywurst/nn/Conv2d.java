package dev.currywurst.nn;

import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Two-dimensional convolution, plain or by groups, zero-padded. */
public final class Conv2d {
  /** Kernel side, stride, zero padding and groups. */
  public record Shape(int kernel, int stride, int padding, int groups) {
    public static final Shape POINTWISE = new Shape(1, 1, 0, 1);

    /** Each channel on its own, the size unchanged. */
    public static Shape depthwise(int kernel, int channels) {
      return new Shape(kernel, 1, kernel / 2, channels);
    }

    public static Shape strided(int kernel, int stride, int padding) {
      return new Shape(kernel, stride, padding, 1);
    }
  }

  private final Tensor weight;
  private final @Nullable Tensor bias;
  private final Shape shape;

  public Conv2d(Parameters p, long in, long out, Shape shape) {
    this(p, in, out, shape, Init.XAVIER, true);
  }

  public Conv2d(Parameters p, long in, long out, Shape shape, Init init, boolean hasBias) {
    this.weight =
        p.weight("weight", init, out, in / shape.groups(), shape.kernel(), shape.kernel());
    this.bias = hasBias ? p.weight("bias", Init.ZERO, out) : null;
    this.shape = shape;
  }

  /** [B, C, H, W] to [B, C', H', W']. */
  public Tensor apply(Tensor x) {
    return apply(x, weight, bias, shape);
  }

  /** [B, H, W, C] to [B, H', W', C'], contiguous. */
  public Tensor applyChannelsLast(Tensor x) {
    return Scope.tidy(
        () ->
            shape.equals(Shape.POINTWISE)
                ? Linear.apply(x, weight.reshape(weight.size(0), weight.size(1)), bias)
                : apply(x.channelsFirst()).channelsLast());
  }

  /** The weight [out, in / groups, k, k]. */
  public Tensor weight() {
    return weight;
  }

  /** The bias [out] of a layer that has one. */
  public Tensor requireBias() {
    if (bias == null) {
      throw new IllegalStateException("this layer has no bias");
    }
    return bias;
  }

  /** Convolves with weights that are not a layer's own, such as folded ones. */
  public static Tensor apply(Tensor x, Tensor weight, @Nullable Tensor bias, Shape shape) {
    return Engine.compute(
        () -> {
          try (TensorOptional b =
              bias == null ? new TensorOptional() : new TensorOptional(bias.raw())) {
            return torch.conv2d(
                x.raw(),
                weight.raw(),
                b,
                new long[] {shape.stride(), shape.stride()},
                new long[] {shape.padding(), shape.padding()},
                new long[] {1, 1},
                shape.groups());
          }
        });
  }
}
