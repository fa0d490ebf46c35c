package dev.currywurst.train.stage;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A stage while it is trained: its networks, optimizers and data. */
public sealed interface Stage extends AutoCloseable
    permits StageATraining, StageBTraining, StageCTraining, ClipTraining {
  /** Leaves so many bytes of the disk free when outputs of frozen encoders are kept on it. */
  default void leaveFree(long bytes) {}

  /**
   * Computes ahead what frozen encoders make of pictures that the run sees again and again, so that
   * steps take equally long and their number tells how long the run will take. Changes no result.
   */
  default void prepare(Preparing preparing) {}

  /** Hears how far {@link #prepare} is. */
  interface Preparing {
    /**
     * Some more is done.
     *
     * @return false to stop preparing
     */
    boolean goesOn(long done, long all);
  }

  /**
   * One step: draws samples, computes their losses and gradients, and updates the weights.
   *
   * @param step counted from 0; everything random is a function of it
   * @param learningRate of this step
   */
  Learned learn(long step, double learningRate);

  /**
   * What a step found.
   *
   * @param losses by name; "loss" is what was minimised
   * @param gradientNorm before clipping
   */
  record Learned(Map<String, Double> losses, double gradientNorm) {
    /** False if the step was skipped: then nothing has changed. */
    public boolean isFinite() {
      return Double.isFinite(gradientNorm) && losses.values().stream().allMatch(Double::isFinite);
    }
  }

  /**
   * All tensors that a resumed run needs, by name: reading fills them in place. They may be views,
   * which belong to the open scope.
   */
  Map<String, Tensor> state();

  /**
   * Figures on held-out pictures, by name, and example pictures in {@code folder}.
   *
   * @throws Stopping.Stopped if the run is asked to end by then
   */
  Map<String, Double> evaluate(Path folder);

  /**
   * Pictures of the configuration's prompts, painted with its seeds by the live weights and, where
   * the run averages them, by the averaged ones; empty if there are no prompts or the stage does
   * not read any. Nothing that is learned depends on it.
   *
   * @throws Stopping.Stopped if the run is asked to end by then
   */
  default List<Sample> sample() {
    return List.of();
  }

  /**
   * What some weights paint.
   *
   * @param weights "live" or "EMA"
   * @param prompt as it was asked for
   * @param seed of the picture's noise
   */
  record Sample(String weights, String prompt, long seed, Image image) {}

  /**
   * Writes the trained networks, and what they build on, as a model folder that diffusers loads
   * too.
   */
  void save(Path modelFolder);

  /**
   * Other forms of the result, by the name of their folder, as what writes them: the live weights
   * beside the averaged ones.
   */
  default Map<String, Consumer<Path>> variants() {
    return Map.of();
  }

  /** Sentences that a user should read before the training begins. */
  default List<String> notices() {
    return List.of();
  }

  @Override
  void close();
}
