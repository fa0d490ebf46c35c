package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * Sets values to zero with a given probability and enlarges the others to keep the mean. Its draws
 * come from seeds that the training step hands over, one for each sample: a resumed run repeats
 * them, and a batch that is split into parts draws what the whole one would have drawn.
 *
 * <p>Values are dropped by 16 random bits each, four of them from one step of SplitMix64 (Steele et
 * al. 2014). libtorch's own generator takes ten times as long, which was a tenth of a training
 * step.
 */
public final class Dropout {
  /** Changes nothing: for generation and evaluation. */
  public static final Dropout OFF = new Dropout();

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final int DRAWS = 4;
  private static final int LEVELS = 1 << 16;

  /** Where each sample's generator is. */
  private final long[] counters;

  private Dropout(long... counters) {
    this.counters = counters;
  }

  /** Draws by one seed for each sample of the batch. */
  public static Dropout drawing(long... seeds) {
    if (seeds.length == 0) {
      throw new IllegalArgumentException("dropout without a sample");
    }
    return new Dropout(seeds.clone());
  }

  /** Where the draws have come to: {@link #moveTo} repeats what follows. */
  public long[] position() {
    return counters.clone();
  }

  /** Goes on from a {@link #position}. */
  public void moveTo(long... position) {
    System.arraycopy(position, 0, counters, 0, counters.length);
  }

  /** Drops single values of x [B, ...]. */
  public Tensor apply(Tensor x, double probability) {
    return drops(probability) ? Scope.tidy(() -> x.times(kept(x, probability, x.shape()))) : x;
  }

  /**
   * As {@link #apply}, into x, which nobody else reads; gradients are recorded, but slowly if x is a
   * view, such as what a linear layer gives.
   */
  public Tensor applyInPlace(Tensor x, double probability) {
    if (drops(probability)) {
      try (Scope scope = Scope.open()) {
        x.timesInPlace(kept(x, probability, x.shape()));
      }
    }
    return x;
  }

  /** Drops whole samples of x [B, ...]: stochastic depth (Huang et al. 2016). */
  public Tensor applyToRows(Tensor x, double probability) {
    if (!drops(probability)) {
      return x;
    }
    long[] each = new long[x.dims()];
    Arrays.fill(each, 1);
    each[0] = x.size(0);
    return Scope.tidy(() -> x.times(kept(x, probability, each)));
  }

  private boolean drops(double probability) {
    return counters.length > 0 && probability > 0;
  }

  /** 1 / (1 - probability) for each value that is kept and 0 for others, in x's type and place. */
  private Tensor kept(Tensor x, double probability, long... shape) {
    if (shape[0] != counters.length) {
      throw new IllegalArgumentException(
          "dropout for %d samples met %d".formatted(counters.length, shape[0]));
    }
    return Scope.tidy(
        () -> {
          int each = 1;
          for (int i = 1; i < shape.length; i++) {
            each = Math.toIntExact(each * shape[i]);
          }
          long lowestKept = Math.round(probability * LEVELS) - LEVELS / 2;
          // In place, since a comparison into another type takes one value at a time.
          Tensor kept =
              bits(each).narrow(1, 0, each).reshape(shape).atLeastInPlace(lowestKept); // 0 or 1
          double factor = 1 / (1 - probability);
          // A bfloat16 is 16 bits too: the factor's own in place of each 1 spare two slow passes.
          Tensor factors =
              x.dtype() == DType.BFLOAT16
                  ? kept.timesInPlace(bfloat16(factor)).reinterpreted(DType.BFLOAT16)
                  : kept.to(x.dtype()).timesInPlace(factor);
          return factors.to(x.device());
        });
  }

  /** At least {@code each} signed 16-bit numbers for each sample, [B, n]. */
  private Tensor bits(int each) {
    int steps = (each + DRAWS - 1) / DRAWS;
    Tensor bits = Tensor.empty(DType.INT64, counters.length, steps);
    LongBuffer values = bits.bytes().asLongBuffer();
    long[] draws = new long[steps];
    for (int sample = 0; sample < counters.length; sample++) {
      long counter = counters[sample];
      for (int i = 0; i < steps; i++) {
        counter += GOLDEN;
        draws[i] = counter;
      }
      counters[sample] = counter;
      for (int i = 0; i < steps; i++) { // A loop of its own, which the compiler makes vectors of.
        draws[i] = mix(draws[i]);
      }
      values.put(draws);
    }
    return bits.reinterpreted(DType.INT16);
  }

  /** The bits of a number above 0, rounded to bfloat16: the upper half of a float's. */
  private static long bfloat16(double value) {
    return (Float.floatToIntBits((float) value) + 0x8000L) >>> 16;
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
