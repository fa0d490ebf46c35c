package dev.currywurst.train.stage;

import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import dev.currywurst.weights.ConfigFile;
import java.util.Arrays;

/**
 * Learning to see noise: which levels are drawn, and how much each counts.
 *
 * @param schedule of the noise
 * @param stretch draws levels from 0 to this and clamps them to 1, so that pure noise is often
 *     seen: 1.08 in the original, where 7.5 % of the draws are exactly 1
 * @param weighting of the levels' errors
 * @param noiseOffset part of the noise that is the same all over a channel, so that whole pictures
 *     become darker or lighter: diffusers' {@code noise_offset}, 0 for none
 * @param inputPerturbation more noise of this deviation that is shown but not to be predicted (Ning
 *     et al. 2023): diffusers' {@code input_perturbation}, 0 for none
 */
record NoiseObjective(
    CosineSchedule schedule,
    double stretch,
    Weighting weighting,
    double noiseOffset,
    double inputPerturbation) {
  private static final double LOWEST = 0.001;

  /** With the noise as it is drawn. */
  NoiseObjective(CosineSchedule schedule, double stretch, Weighting weighting) {
    this(schedule, stretch, weighting, 0, 0);
  }

  public NoiseObjective {
    if (!(stretch > 0) || Double.isInfinite(stretch)) {
      throw new CurrywurstException(
          "Noise levels are stretched (timestep_stretch) by %s; give a number above 0, such as 1.08."
              .formatted(stretch));
    }
  }

  static NoiseObjective read(ConfigFile file, CosineSchedule schedule) {
    return new NoiseObjective(
        schedule,
        file.doubleValue(1.08, "timestep_stretch"),
        Weighting.read(file),
        part(file, "noise_offset"),
        part(file, "input_perturbation"));
  }

  /** Asked for only where it stands there: what older runs did not know is not described. */
  private static double part(ConfigFile file, String name) {
    return file.has(name) ? new BoundedConfig(file).weight(0, name) : 0;
  }

  /**
   * Noise for samples.
   *
   * @param target what is to be predicted
   * @param shown what is added to the sample
   */
  record Noise(Tensor target, Tensor shown) {}

  /**
   * Noise for the samples of a part.
   *
   * @param shape [channels, h, w] of one sample
   */
  Noise noise(Draws draws, Part part, long... shape) {
    Tensor target = draws.normal(Draws.Purpose.NOISE, part, shape);
    if (noiseOffset > 0) {
      long[] whole = new long[shape.length];
      Arrays.fill(whole, 1);
      whole[0] = shape[0];
      target =
          target.plus(draws.normal(Draws.Purpose.NOISE_OFFSET, part, whole).times(noiseOffset));
    }
    if (inputPerturbation == 0) {
      return new Noise(target, target);
    }
    Tensor more = draws.normal(Draws.Purpose.INPUT_PERTURBATION, part, shape);
    return new Noise(target, target.plus(more.times(inputPerturbation)));
  }

  /** The noise levels of a part's samples, [B]. */
  Tensor levels(Draws draws, Part part) {
    double[] uniform = draws.uniform(Draws.Purpose.NOISE_LEVEL, part);
    float[] levels = new float[uniform.length];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (float) level(uniform[i]);
    }
    return Tensor.of(levels, levels.length);
  }

  /** The level of a uniform number in [0, 1). */
  double level(double uniform) {
    return Math.max(LOWEST, Math.min(1, stretch * uniform + LOWEST));
  }

  /**
   * The loss of a prediction: a scalar, float32.
   *
   * @param predicted noise [B, ...]
   * @param noise that was to be predicted
   * @param level [B]
   */
  Tensor loss(Tensor predicted, Tensor noise, Tensor level) {
    return Scope.tidy(
        () -> {
          Tensor each = Functional.squaredError(predicted, noise);
          return each.times(weighting.of(schedule.signal(level))).mean();
        });
  }
}
