package dev.currywurst.diffusion;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;

/**
 * Classifier-free guidance (Ho and Salimans 2022): away from the prediction for the negative
 * prompt, through the one for the prompt and beyond.
 *
 * @param scale 1 is the prompt's prediction itself; up to 1 nothing is done
 */
public record Guidance(double scale) {
  /** True if both predictions are needed. */
  public boolean isOn() {
    return scale > 1;
  }

  /**
   * Combines the two predictions.
   *
   * @param both [2·B, ...] in diffusers' order, the prompt's half first
   * @return negative + scale · (positive - negative), [B, ...]
   */
  public Tensor apply(Tensor both) {
    return Scope.tidy(
        () -> {
          Tensor.Halves halves = both.halves(0);
          return halves.second().lerp(halves.first(), scale);
        });
  }
}
