package dev.currywurst.train.stage;

import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.Draws;
import dev.currywurst.weights.ConfigFile;
import java.util.Locale;

/**
 * Learning to see noise: which levels are drawn, and how much each counts.
 *
 * @param schedule of the noise
 * @param stretch draws levels from 0 to this and clamps them to 1, so that pure noise is often
 *     seen: 1.08 in the original, where 7.5 % of the draws are exactly 1
 * @param weighting of the levels' errors
 */
public record NoiseObjective(CosineSchedule schedule, double stretch, Weighting weighting) {
  private static final double LOWEST = 0.001;

  /** How much a level's error counts. */
  public enum Weighting {
    /** All levels alike: diffusers' script. */
    PLAIN,
    /**
     * Less where little noise is left (Choi et al. 2022): (1 + ᾱ/(1 - ᾱ))⁻¹, which is 1 - ᾱ. The
     * original's.
     */
    P2
  }

  static NoiseObjective read(ConfigFile file) {
    return new NoiseObjective(
        CosineSchedule.STANDARD,
        file.doubleValue(1.08, "timestep_stretch"),
        Weighting.valueOf(file.stringValue("p2", "loss_weighting").toUpperCase(Locale.ROOT)));
  }

  /** The noise levels of a batch, [B]. */
  Tensor levels(Draws draws, long step, int batch) {
    double[] uniform = draws.uniform(Draws.Purpose.NOISE_LEVEL, step, 0, batch);
    float[] levels = new float[batch];
    for (int i = 0; i < batch; i++) {
      levels[i] = (float) Math.max(LOWEST, Math.min(1, stretch * uniform[i] + LOWEST));
    }
    return Tensor.of(levels, batch);
  }

  /**
   * The loss of a prediction: a scalar, float32.
   *
   * @param predicted noise [B, ...]
   * @param noise that was added
   * @param level [B]
   */
  public Tensor loss(Tensor predicted, Tensor noise, Tensor level) {
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
