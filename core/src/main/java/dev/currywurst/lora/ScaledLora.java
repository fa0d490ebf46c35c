package dev.currywurst.lora;

import dev.currywurst.tensor.CurrywurstException;

/**
 * A LoRA and how strongly it acts.
 *
 * @param strength 1 is what was trained
 */
public record ScaledLora(LoraFile file, double strength) {
  public ScaledLora {
    if (!Double.isFinite(strength)) {
      throw new CurrywurstException(
          "The strength of the LoRA %s is %s; give a number.".formatted(file, strength));
    }
  }
}
