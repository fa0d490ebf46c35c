package dev.currywurst.pipeline;

import dev.currywurst.lora.LoraPart;
import java.util.Locale;

/** The parts of a Würstchen, in the order in which a picture meets them. */
public enum Component {
  PRIOR_TOKENIZER("tokenizer of Stage C", "tokenizer"),
  PRIOR_TEXT_ENCODER("text tower of Stage C", "text_encoder"),
  PRIOR("Stage C", "prior"),
  PRIOR_SCHEDULER("noise schedule of Stage C", "scheduler"),
  DECODER_TOKENIZER("tokenizer of Stage B", "tokenizer"),
  DECODER_TEXT_ENCODER("text tower of Stage B", "text_encoder"),
  DECODER("Stage B", "decoder"),
  DECODER_SCHEDULER("noise schedule of Stage B", "scheduler"),
  VQGAN("Stage A", "vqgan"),
  IMAGE_ENCODER("image encoder", "image_encoder");

  private final String title;
  private final String folder;

  Component(String title, String folder) {
    this.title = title;
    this.folder = folder;
  }

  /** The network that a part of a LoRA changes. */
  public static Component of(LoraPart part) {
    return switch (part) {
      case PRIOR -> PRIOR;
      case TEXT_ENCODER -> PRIOR_TEXT_ENCODER;
    };
  }

  /** The folder's name in a published pipeline. */
  String folder() {
    return folder;
  }

  /** True for the parts that the prior's pipeline folder holds. */
  boolean isPrior() {
    return name().startsWith("PRIOR");
  }

  /** True for the parts that have weights. */
  public boolean isNetwork() {
    return switch (this) {
      case PRIOR_TOKENIZER, PRIOR_SCHEDULER, DECODER_TOKENIZER, DECODER_SCHEDULER -> false;
      case PRIOR_TEXT_ENCODER, PRIOR, DECODER_TEXT_ENCODER, DECODER, VQGAN, IMAGE_ENCODER -> true;
    };
  }

  /** The enum's name as options spell it, such as {@code prior-text-encoder}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Such as {@code Stage C} or {@code text tower of Stage B}. */
  @Override
  public String toString() {
    return title;
  }
}
