package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * Sets values to zero with a given probability and enlarges the others to keep the mean. Its draws
 * come from seeds that the training step hands over, one for each sample: a resumed run repeats
 * them, and a batch that is split into parts draws what the whole one would have drawn.
 *
 * <p>What is drawn is not each value's fate but how far it is to the next value that is dropped, by
 * 16 random bits each, four of them from one step of SplitMix64 (Steele et al. 2014). libtorch's
 * own way takes twenty times as long, a tenth of a training step.
 */
public final class Dropout {
  /** Changes nothing: for generation and evaluation. */
  public static final Dropout OFF = new Dropout();

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final int DRAWS = 4;

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
   * As {@link #apply}, into x, which nobody else reads; gradients are recorded, but slowly if x is
   * a view, such as what a linear layer gives.
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
          boolean half = x.dtype() == DType.BFLOAT16;
          Tensor kept =
              Tensor.full(1 / (1 - probability), half ? DType.BFLOAT16 : DType.FLOAT32, shape);
          if (half) {
            ShortBuffer values = kept.bytes().asShortBuffer();
            drop(probability, values.limit(), index -> values.put(index, (short) 0));
          } else {
            FloatBuffer values = kept.bytes().asFloatBuffer();
            drop(probability, values.limit(), index -> values.put(index, 0));
          }
          return kept.to(x.dtype()).to(x.device());
        });
  }

  /** Names the values that are dropped, of {@code all} values of all samples. */
  private void drop(double probability, int all, IntConsumer dropped) {
    Gaps gaps = Gaps.of(probability);
    int each = all / counters.length;
    for (int sample = 0; sample < counters.length; sample++) {
      counters[sample] = gaps.walk(counters[sample], each * sample, each * (sample + 1), dropped);
    }
  }

  /**
   * How many values are kept before the next one is dropped, for 16 random bits: the inverse of the
   * geometric distribution.
   */
  private static final class Gaps {
    private static final int LEVELS = 1 << 16;

    /** A gap of at least so many values: whether the next one is dropped is open again. */
    private static final int LONGEST = 255;

    /** By probability: a run has one or two, in turn. */
    private static final Map<Double, Gaps> MADE = new ConcurrentHashMap<>();

    private final byte[] table;

    private Gaps(byte[] table) {
      this.table = table;
    }

    static Gaps of(double probability) {
      return MADE.computeIfAbsent(probability, Gaps::make);
    }

    private static Gaps make(double probability) {
      byte[] table = new byte[LEVELS];
      int level = 0;
      for (int gap = 0; gap < LONGEST; gap++) {
        // The chance of a gap up to this one.
        long end = Math.round((1 - Math.pow(1 - probability, gap + 1.0)) * LEVELS);
        Arrays.fill(table, level, Math.toIntExact(end), (byte) gap);
        level = Math.toIntExact(end);
      }
      Arrays.fill(table, level, LEVELS, (byte) LONGEST);
      return new Gaps(table);
    }

    /**
     * From gap to gap.
     *
     * @param counter of the generator
     * @return the counter behind the last draw
     */
    long walk(long counter, int from, int to, IntConsumer dropped) {
      byte[] gaps = table;
      long count = counter;
      int at = from;
      while (true) {
        count += GOLDEN;
        long bits = mix(count);
        for (int draw = 0; draw < DRAWS; draw++) {
          int gap = gaps[(int) (bits & 0xFFFF)] & 0xFF;
          bits >>>= 16;
          at += gap;
          if (at >= to) {
            return count;
          }
          if (gap < LONGEST) {
            dropped.accept(at);
            at++;
          }
        }
      }
    }
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
