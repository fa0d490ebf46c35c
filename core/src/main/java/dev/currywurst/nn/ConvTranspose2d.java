package dev.currywurst.nn;

import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Transposed convolution: enlarges by its stride. Weights are [in, out, k, k]. */
public final class ConvTranspose2d {
  private final Tensor weight;
  private final Tensor bias;
  private final int stride;
  private final int padding;

  public ConvTranspose2d(Parameters p, long in, long out, int kernel, int stride, int padding) {
    this.weight = p.weight("weight", Init.XAVIER, in, out, kernel, kernel);
    this.bias = p.weight("bias", Init.ZERO, out);
    this.stride = stride;
    this.padding = padding;
  }

  /** [B, C, H, W] to [B, C', H·stride, W·stride] where kernel = stride + 2·padding. */
  public Tensor apply(Tensor x) {
    return Engine.compute(
        () -> {
          try (TensorOptional b = new TensorOptional(bias.raw())) {
            return torch.conv_transpose2d(
                x.raw(),
                weight.raw(),
                b,
                new long[] {stride, stride},
                new long[] {padding, padding},
                new long[] {0, 0},
                1,
                1,
                1);
          }
        });
  }

  /** [B, H, W, C] to [B, H', W', C'], contiguous. */
  public Tensor applyChannelsLast(Tensor x) {
    return Scope.tidy(() -> apply(x.channelsFirst()).channelsLast());
  }
}
