package dev.currywurst.train.stage;

import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a {@link NoiseObjective} in the course of a training: with what an adaptive weighting
 * has seen, and with class pictures beside those that are learned from.
 */
final class NoiseLoss implements AutoCloseable {
  private static final String MEANS = "objective.level_losses";

  private final NoiseObjective objective;
  private final @Nullable LevelLosses levels;

  NoiseLoss(NoiseObjective objective) {
    this.objective = objective;
    this.levels = objective.weighting().adapts() ? new LevelLosses() : null;
  }

  /**
   * The loss of a batch: a scalar, float32.
   *
   * @param predicted noise [B, ...]
   * @param noise that was to be predicted
   * @param level [B]
   */
  Tensor of(Tensor predicted, Tensor noise, Tensor level) {
    return Scope.tidy(
        () -> {
          Tensor each = Functional.squaredError(predicted, noise);
          Tensor signal = objective.schedule().signal(level);
          return each.times(weights(signal, each)).mean();
        });
  }

  private Tensor weights(Tensor signal, Tensor each) {
    if (levels == null) {
      return objective.weighting().of(signal);
    }
    levels.saw(signal, each);
    return levels.weights(signal);
  }

  /**
   * The loss of a batch whose second part is of class pictures, as in diffusers' DreamBooth script:
   * {@link #of} the first part and {@code weight} times that of the second, which has its own mean.
   * {@link Weighting.MinSnr} weighs the first part alone, as there; other weightings both, for they
   * are what the model was trained with.
   *
   * @param first number of samples that are no class pictures
   */
  Tensor ofBoth(Tensor predicted, Tensor noise, Tensor level, long first, double weight) {
    return Scope.tidy(
        () -> {
          long second = level.size(0) - first;
          Tensor learned =
              of(
                  predicted.narrow(0, 0, first),
                  noise.narrow(0, 0, first),
                  level.narrow(0, 0, first));
          Tensor guess = predicted.narrow(0, first, second);
          Tensor truth = noise.narrow(0, first, second);
          Tensor kept =
              objective.weighting() instanceof Weighting.MinSnr
                  ? Functional.squaredError(guess, truth).mean()
                  : of(guess, truth, level.narrow(0, first, second));
          return learned.plus(kept.times(weight));
        });
  }

  /**
   * Ends a step.
   *
   * @param changed whether it changed the weights; one that did not leaves no trace here either
   */
  void endStep(boolean changed) {
    if (levels == null) {
      return;
    }
    if (changed) {
      levels.accept();
    } else {
      levels.forget();
    }
  }

  /** What a resumed run needs, by name. */
  Map<String, Tensor> state() {
    return levels == null ? Map.of() : Map.of(MEANS, levels.means());
  }

  @Override
  public void close() {
    if (levels != null) {
      levels.close();
    }
  }
}
