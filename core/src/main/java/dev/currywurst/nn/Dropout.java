package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sets values to zero with a given probability and enlarges the others to keep the mean. Its draws
 * come from a generator that the training step hands over, so a resumed run repeats them.
 */
public final class Dropout {
  /** Changes nothing: for generation and evaluation. */
  public static final Dropout OFF = new Dropout(null);

  private final @Nullable Generator random;

  private Dropout(@Nullable Generator random) {
    this.random = random;
  }

  /** Draws from {@code random}, whose owner closes it after the step. */
  public static Dropout drawing(Generator random) {
    return new Dropout(random);
  }

  public Tensor apply(Tensor x, double probability) {
    Generator draws = random;
    if (draws == null || probability == 0) {
      return x;
    }
    return Scope.tidy(
        () -> {
          Tensor kept = draws.uniform(DType.FLOAT32, x.shape()).greaterThan(probability);
          return x.times(kept.to(x.dtype()).to(x.device())).times(1 / (1 - probability));
        });
  }

  /** Sets whole rows of the batch to zero: stochastic depth (Huang et al. 2016). */
  public Tensor applyToRows(Tensor x, double probability) {
    Generator draws = random;
    if (draws == null || probability == 0) {
      return x;
    }
    return Scope.tidy(
        () -> {
          long[] each = new long[x.dims()];
          Arrays.fill(each, 1);
          each[0] = x.size(0);
          Tensor kept = draws.uniform(DType.FLOAT32, each).greaterThan(probability);
          return x.times(kept.to(x.dtype()).to(x.device())).times(1 / (1 - probability));
        });
  }
}
