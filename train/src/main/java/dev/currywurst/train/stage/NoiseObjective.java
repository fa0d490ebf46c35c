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
import java.util.Locale;

/**
 * Learning to see noise: which levels are drawn, and how much each counts.
 *
 * @param schedule of the noise
 * @param stretch draws levels from 0 to this and clamps them to 1, so that pure noise is often
 *     seen: 1.08 in the original, where 7.5 % of the draws are exactly 1
 * @param weighting of the levels' errors
 */
record NoiseObjective(CosineSchedule schedule, double stretch, Weighting weighting) {
  private static final double LOWEST = 0.001;

  /** How much a level's error counts. */
  enum Weighting {
    /** All levels alike: diffusers' script. */
    PLAIN,
    /**
     * Less where little noise is left (Choi et al. 2022): (1 + ᾱ/(1 - ᾱ))⁻¹, which is 1 - ᾱ. The
     * original's.
     */
    P2;

    static Weighting parse(ConfigFile file, String name) {
      return Arrays.stream(values())
          .filter(weighting -> weighting.name().toLowerCase(Locale.ROOT).equals(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new CurrywurstException(
                      "%s: the loss_weighting \"%s\" is not known; use plain or p2."
                          .formatted(file.origin(), name)));
    }
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
        Weighting.parse(file, file.stringValue("p2", "loss_weighting")));
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
   * @param noise that was added
   * @param level [B]
   */
  Tensor loss(Tensor predicted, Tensor noise, Tensor level) {
    return Scope.tidy(
        () -> {
          Tensor each = Functional.squaredError(predicted, noise);
          return switch (weighting) {
            case PLAIN -> each.mean();
            case P2 -> each.times(schedule.signal(level).negate().plus(1)).mean();
          };
        });
  }
}
