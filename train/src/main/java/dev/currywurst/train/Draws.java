package dev.currywurst.train;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Randomness as a function: (seed, purpose, step, sample) to numbers. There is no generator to save
 * and restore, so a run that resumes at step 1,000,000 continues at once and exactly.
 *
 * @param seed of the run
 */
public record Draws(long seed) {
  /** What the numbers are for; each purpose has a stream of its own. */
  public enum Purpose {
    ORDER,
    AUGMENTATION,
    NOISE,
    NOISE_LEVEL,
    CAPTION_DROPOUT,
    CONDITION_NOISE,
    DROPOUT,
    INITIAL_WEIGHTS,
    QUANTIZATION
  }

  /** A seed for one use. */
  public long key(Purpose purpose, long step, long sample) {
    long key = mix(seed + 0x9E3779B97F4A7C15L);
    key = mix(key ^ purpose.name().hashCode());
    key = mix(key ^ step);
    return mix(key ^ sample);
  }

  /** The finalizer of SplitMix64 (Steele et al. 2014): every input bit moves every output bit. */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Numbers for one sample of one step. */
  public SplittableRandom random(Purpose purpose, long step, long sample) {
    return new SplittableRandom(key(purpose, step, sample));
  }

  /** A tensor generator for one use; close it. */
  public Generator generator(Purpose purpose, long step, long sample) {
    return new Generator(key(purpose, step, sample));
  }

  /**
   * Standard normal numbers for a batch, each sample's drawn on its own: they do not depend on how
   * the batch is split.
   *
   * @param shape [B, ...]
   */
  public Tensor normal(Purpose purpose, long step, long firstSample, long... shape) {
    return Scope.tidy(
        () -> {
          long[] one = shape.clone();
          one[0] = 1;
          List<Tensor> samples = new ArrayList<>();
          for (long i = 0; i < shape[0]; i++) {
            try (Generator generator = generator(purpose, step, firstSample + i)) {
              samples.add(generator.normal(DType.FLOAT32, one));
            }
          }
          return Tensor.cat(samples, 0);
        });
  }

  /** One uniform number in [0, 1) for each sample. */
  public double[] uniform(Purpose purpose, long step, long firstSample, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = random(purpose, step, firstSample + i).nextDouble();
    }
    return values;
  }
}
