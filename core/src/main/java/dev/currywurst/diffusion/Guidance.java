package dev.currywurst.diffusion;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Classifier-free guidance (Ho and Salimans 2022): away from the prediction for the negative
 * prompt, through the one for the prompt and beyond. A network sees both halves of a batch at once,
 * in diffusers' order: the prompts' first.
 *
 * @param scale 1 is the prompt's prediction itself; up to 1 nothing is done
 */
public record Guidance(double scale) {
  /** True if both predictions are needed. */
  public boolean isOn() {
    return scale > 1;
  }

  /** What a network is given of texts: the prompts, and while this is on the negative ones. */
  public List<String> texts(List<String> prompts, List<String> negatives) {
    if (!isOn()) {
      return prompts;
    }
    List<String> both = new ArrayList<>(prompts);
    both.addAll(negatives);
    return both;
  }

  /**
   * What a network is given of a condition that is zero where there is none.
   *
   * @param given [B, ...]
   * @return [2·B, ...], the second half zeros, or {@code given} while this is off
   */
  public Tensor withZeros(Tensor given) {
    return isOn() ? Scope.tidy(() -> Tensor.cat(List.of(given, given.times(0)), 0)) : given;
  }

  /**
   * Combines the two predictions.
   *
   * @param predicted both halves [2·B, ...], or while this is off the prompts' alone, which stay
   *     what they are
   * @return negative + scale · (positive - negative), [B, ...]
   */
  public Tensor apply(Tensor predicted) {
    if (!isOn()) {
      return predicted;
    }
    return Scope.tidy(
        () -> {
          var halves = predicted.halves(0);
          return halves.second().lerp(halves.first(), scale);
        });
  }
}
