package dev.currywurst.nn;

import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** y = x Wᵀ + b over the last dimension. */
public final class Linear {
  private final Tensor weight;
  private final @Nullable Tensor bias;

  public Linear(Parameters p, long in, long out) {
    this(p, in, out, Init.XAVIER, true);
  }

  public Linear(Parameters p, long in, long out, Init init, boolean hasBias) {
    this.weight = p.weight("weight", init, out, in);
    this.bias = hasBias ? p.weight("bias", Init.ZERO, out) : null;
  }

  /** [..., in] to [..., out]. */
  public Tensor apply(Tensor x) {
    return apply(x, weight, bias);
  }

  /** The weight [out, in]. */
  public Tensor weight() {
    return weight;
  }

  /** The bias [out]. */
  public Tensor bias() {
    if (bias == null) {
      throw new IllegalStateException("this layer has no bias");
    }
    return bias;
  }

  /** [..., in] to [..., out] with weights that are not a layer's own, such as folded ones. */
  public static Tensor apply(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Scope.tidy(
        () -> {
          // Two dimensions always: from four, libtorch falls back to a product and a separate
          // addition, and from a permuted view to a batched product with an expanded weight.
          Tensor rows = x.dims() == 2 ? x : x.reshape(-1, x.size(-1));
          Tensor y =
              Engine.compute(
                  () -> {
                    try (var transposed = weight.raw().t()) {
                      return bias == null
                          ? torch.mm(rows.raw(), transposed)
                          : torch.addmm(bias.raw(), rows.raw(), transposed);
                    }
                  });
          return x.dims() == 2 ? y : y.reshape(withLast(x.shape(), weight.size(0)));
        });
  }

  /** sum + x Wᵀ for rows [n, in] and a sum [n, out], in one pass. */
  public static Tensor accumulate(Tensor sum, Tensor rows, Tensor weight) {
    return Engine.compute(
        () -> {
          try (var transposed = weight.raw().t()) {
            return torch.addmm(sum.raw(), rows.raw(), transposed);
          }
        });
  }

  private static long[] withLast(long[] shape, long last) {
    long[] result = Arrays.copyOf(shape, shape.length);
    result[result.length - 1] = last;
    return result;
  }
}
