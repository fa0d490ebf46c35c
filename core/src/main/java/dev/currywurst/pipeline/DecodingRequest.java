package dev.currywurst.pipeline;

import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.tensor.CurrywurstException;

/**
 * How to turn given Stage C latents into a picture: Stage B and Stage A alone.
 *
 * @param prompt what the picture shows, if known; Stage B was trained with captions and without
 * @param negativePrompt what it should not be; without guidance it changes nothing
 * @param seed of Stage B's noise
 * @param timesteps Stage B's noise levels
 * @param guidance up to 1 means none
 */
public record DecodingRequest(
    String prompt, String negativePrompt, long seed, Timesteps timesteps, double guidance) {
  private static final int STEPS = 12;

  /**
   * Checks the guidance.
   *
   * @throws CurrywurstException if it is negative or no number
   */
  public DecodingRequest {
    if (!(guidance >= 0) || Double.isInfinite(guidance)) {
      throw new CurrywurstException(
          "The guidance is %s; give a number of at least 0 (1 and less mean none)."
              .formatted(guidance));
    }
  }

  /** Without a prompt, 12 steps, no guidance. */
  public static DecodingRequest standard() {
    return new DecodingRequest("", "", 0, Timesteps.evenlySpaced(STEPS), 0.0);
  }

  public DecodingRequest withPrompt(String text) {
    return new DecodingRequest(text, negativePrompt, seed, timesteps, guidance);
  }

  public DecodingRequest withNegativePrompt(String text) {
    return new DecodingRequest(prompt, text, seed, timesteps, guidance);
  }

  public DecodingRequest withSeed(long newSeed) {
    return new DecodingRequest(prompt, negativePrompt, newSeed, timesteps, guidance);
  }

  /** With so many equal steps. */
  public DecodingRequest withSteps(int steps) {
    return withTimesteps(Timesteps.evenlySpaced(steps));
  }

  public DecodingRequest withTimesteps(Timesteps levels) {
    return new DecodingRequest(prompt, negativePrompt, seed, levels, guidance);
  }

  public DecodingRequest withGuidance(double scale) {
    return new DecodingRequest(prompt, negativePrompt, seed, timesteps, scale);
  }
}
