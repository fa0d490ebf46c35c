package dev.currywurst.train.stage;

import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.random.Draws;
import java.util.function.Supplier;

/** Where paintings have their noise from. */
interface NoiseSource {
  /**
   * Noise of a stage: the pictures' first latents, then one draw for each step.
   *
   * @param shape of one picture's noise
   * @return each time the next numbers, [pictures, shape...]
   */
  Supplier<Tensor> of(EvaluationNoise.Use use, long... shape);

  /** The same noise for the same held-out pictures at every evaluation. */
  static NoiseSource heldOut(Draws draws, int first, int size) {
    return (use, shape) -> new EvaluationNoise(draws, use, first, size, shape);
  }
}
