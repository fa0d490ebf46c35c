package dev.currywurst.lora;

/** The networks that a LoRA file can change. */
public enum LoraPart {
  /** Stage C. */
  PRIOR("prior", "lora_prior_unet"),
  /** The text tower that Stage C reads. */
  TEXT_ENCODER("text_encoder", "lora_prior_te");

  private final String prefix;
  private final String kohyaPrefix;

  LoraPart(String prefix, String kohyaPrefix) {
    this.prefix = prefix;
    this.kohyaPrefix = kohyaPrefix;
  }

  /** What names begin with in files of diffusers. */
  String prefix() {
    return prefix;
  }

  /** What names begin with in files of kohya's scripts and OneTrainer. */
  String kohyaPrefix() {
    return kohyaPrefix;
  }

  /** As diffusers calls it. */
  @Override
  public String toString() {
    return prefix;
  }
}
