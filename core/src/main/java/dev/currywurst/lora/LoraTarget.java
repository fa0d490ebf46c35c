package dev.currywurst.lora;

/**
 * A layer that is changed.
 *
 * @param part the network it belongs to
 * @param module its name there, such as {@code blocks.2.attention.to_q}
 */
public record LoraTarget(LoraPart part, String module) {
  /** The weight's name in the network. */
  public String weight() {
    return module + ".weight";
  }

  /** Such as {@code prior.blocks.2.attention.to_q}. */
  @Override
  public String toString() {
    return part + "." + module;
  }
}
