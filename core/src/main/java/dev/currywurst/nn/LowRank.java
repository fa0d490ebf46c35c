package dev.currywurst.nn;

import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * What is learned beside a linear layer that stays as it is: y = x Wᵀ + b + s (x Aᵀ) Bᵀ (Hu et al.
 * 2021, "LoRA"). A layer asks its {@link Parameters} for one, so that no network knows of it.
 */
public final class LowRank {
  /** Decides which layers have one. */
  public interface Source {
    /** That of the layer called {@code layer}, or null if it has none. */
    @Nullable LowRank of(String layer, long in, long out);
  }

  private final Tensor down;
  private final Tensor up;
  private final double scale;
  private final double dropped;
  private final Supplier<Dropout> random;

  /**
   * An addition.
   *
   * @param down A, [rank, in]
   * @param up B, [out, rank]
   * @param scale s
   * @param dropped share of x's values that A does not see while training
   * @param random of the current training step; {@link Dropout#OFF} otherwise
   */
  public LowRank(Tensor down, Tensor up, double scale, double dropped, Supplier<Dropout> random) {
    this.down = down;
    this.up = up;
    this.scale = scale;
    this.dropped = dropped;
    this.random = random;
  }

  /** y + s (x Aᵀ) Bᵀ, in y's type: x is [..., in], y is [..., out]. */
  Tensor addTo(Tensor y, Tensor x) {
    return Scope.tidy(
        () -> {
          Tensor seen = random.get().apply(x, dropped).to(down.dtype());
          Tensor narrow = Linear.apply(seen.reshape(-1, seen.size(-1)), down, null);
          Tensor rows = y.reshape(-1, y.size(-1));
          Tensor sum =
              rows.dtype() == narrow.dtype()
                  ? accumulated(rows, narrow)
                  : rows.plus(Linear.apply(narrow, up, null).times(scale).to(rows.dtype()));
          return sum.reshape(y.shape());
        });
  }

  private Tensor accumulated(Tensor rows, Tensor narrow) {
    return Engine.compute(
        () -> {
          try (var transposed = up.raw().t();
              Scalar one = new Scalar(1.0);
              Scalar factor = new Scalar(scale)) {
            return torch.addmm(rows.raw(), narrow.raw(), transposed, one, factor);
          }
        });
  }

  /**
   * W + s B A, for a layer whose weight is folded with others before it is used.
   *
   * @throws IllegalStateException with dropout, which has no such form
   */
  Tensor addTo(Tensor weight) {
    if (dropped > 0) {
      throw new IllegalStateException("a folded layer has no input of its own to drop from");
    }
    return Scope.tidy(() -> weight.plus(up.matmul(down).times(scale).to(weight.dtype())));
  }
}
