package dev.currywurst.lora;

import java.util.Locale;

/** How a LoRA file names its tensors. */
public enum LoraDialect {
  /**
   * One file, {@code prior.blocks.2.attention.to_q.lora_A.weight}, as diffusers' training script
   * for Würstchen writes it. It stores no alpha.
   */
  DIFFUSERS,
  /**
   * A folder of one network's adapter, {@code adapter_model.safetensors} with {@code
   * base_model.model.blocks.2.attention.to_q.lora_A.weight} and {@code adapter_config.json}, which
   * peft reads.
   */
  PEFT,
  /**
   * One file, {@code lora_prior_unet_blocks_2_attention_to_q.lora_down.weight} and {@code .alpha},
   * as kohya's scripts and OneTrainer write it.
   */
  KOHYA;

  /** In lower case, as options spell it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
