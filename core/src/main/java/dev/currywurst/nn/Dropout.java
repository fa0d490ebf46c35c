package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Sets values to zero with a given probability and enlarges the others to keep the mean. Its draws
 * come from generators that the training step hands over, one for each sample: a resumed run
 * repeats them, and a batch that is split into parts draws what the whole one would have drawn.
 */
public final class Dropout {
  /** Changes nothing: for generation and evaluation. */
  public static final Dropout OFF = new Dropout(List.of());

  private final List<Generator> samples;

  private Dropout(List<Generator> samples) {
    this.samples = List.copyOf(samples);
  }

  /**
   * Draws from one generator for each sample of the batch; their owner closes them after the step.
   */
  public static Dropout drawing(List<Generator> samples) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("dropout without a sample");
    }
    return new Dropout(samples);
  }

  /** Drops single values of x [B, ...]. */
  public Tensor apply(Tensor x, double probability) {
    return drops(probability) ? dropped(x, probability, x.shape()) : x;
  }

  /** Drops whole samples of x [B, ...]: stochastic depth (Huang et al. 2016). */
  public Tensor applyToRows(Tensor x, double probability) {
    if (!drops(probability)) {
      return x;
    }
    long[] each = new long[x.dims()];
    Arrays.fill(each, 1);
    each[0] = x.size(0);
    return dropped(x, probability, each);
  }

  private boolean drops(double probability) {
    return !samples.isEmpty() && probability > 0;
  }

  private Tensor dropped(Tensor x, double probability, long... shape) {
    if (shape[0] != samples.size()) {
      throw new IllegalArgumentException(
          "dropout for %d samples met %d".formatted(samples.size(), shape[0]));
    }
    return Scope.tidy(
        () -> {
          long[] one = shape.clone();
          one[0] = 1;
          List<Tensor> draws = new ArrayList<>();
          for (Generator sample : samples) {
            draws.add(sample.uniform(DType.FLOAT32, one));
          }
          Tensor kept = Tensor.cat(draws, 0).greaterThan(probability).to(x.dtype());
          return x.times(kept.timesInPlace(1 / (1 - probability)).to(x.device()));
        });
  }
}
