package dev.currywurst.train.random;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Randomness as a function: (seed, purpose, step, sample) to numbers. There is no generator to save
 * and restore, so a run that resumes at step 1,000,000 continues at once and exactly.
 *
 * <p>Each sample's numbers are its own: they do not depend on the other samples of its batch, nor
 * on how a step's samples are split into {@link Part}s.
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
    NOISE_OFFSET,
    INPUT_PERTURBATION,
    CAPTION_DROPOUT,
    CONDITION_NOISE,
    /** Which conditions are disturbed, and how much. */
    CONDITION_CHOICE,
    DROPOUT,
    INITIAL_WEIGHTS,
    QUANTIZATION,
    /** On the latents that Stage A's decoder practises with. */
    LATENT_NOISE,
    LATENT_NOISE_LEVEL,
    /** The seed of class pictures' own draws. */
    CLASS_PICTURES,
    EVALUATION,
    /** How far a picture is moved. */
    SHIFT
  }

  /** A seed for one use. */
  public long key(Purpose purpose, long step, long sample) {
    long key = mix(seed + 0x9E3779B97F4A7C15L);
    key = mix(key ^ purpose.name().hashCode());
    key = mix(key ^ step);
    return mix(key ^ sample);
  }

  /** Seeds for the samples of parts, one after the other. */
  public long[] keys(Purpose purpose, List<Part> parts) {
    return parts.stream()
        .flatMapToLong(
            part ->
                LongStream.range(part.first(), part.first() + part.size())
                    .map(sample -> key(purpose, part.step(), sample)))
        .toArray();
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
   * Standard normal numbers for the samples of a part.
   *
   * @param shape of one sample
   * @return [part.size(), shape...], float32
   */
  public Tensor normal(Purpose purpose, Part part, long... shape) {
    return Scope.tidy(
        () -> {
          long[] one = new long[shape.length + 1];
          one[0] = 1;
          System.arraycopy(shape, 0, one, 1, shape.length);
          List<Tensor> samples = new ArrayList<>();
          for (long i = 0; i < part.size(); i++) {
            try (Generator generator = generator(purpose, part.step(), part.first() + i)) {
              samples.add(generator.normal(DType.FLOAT32, one));
            }
          }
          return Tensor.cat(samples, 0);
        });
  }

  /** One uniform number in [0, 1) for each sample of a part. */
  public double[] uniform(Purpose purpose, Part part) {
    double[] values = new double[part.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random(purpose, part.step(), part.first() + i).nextDouble();
    }
    return values;
  }
}
