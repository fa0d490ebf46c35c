package dev.currywurst.blend;

import dev.currywurst.pipeline.Component;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A weight of a model, by the names that rules know it by.
 *
 * @param component the network
 * @param name the network's name for it
 */
record BlendedWeight(Component component, String name) {
  private record Kind(String name, Pattern weights) {}

  private static final List<Kind> STAGES =
      List.of(
          kind("attention", "\\.attention\\."),
          kind("text", "kv_mapper|cond_mapper|clip_mapper|seq_norm|effnet_mapper"),
          kind("channelwise", "\\.channelwise\\."),
          kind("depthwise", "\\.depthwise\\."),
          kind("timestep", "\\.mapper\\."));
  private static final List<Kind> TOWERS =
      List.of(
          kind("attention", "\\.self_attn\\."),
          kind("mlp", "\\.mlp\\."),
          kind("norm", "norm"),
          kind("embedding", "embedding"));

  private static Kind kind(String name, String weights) {
    return new Kind(name, Pattern.compile(weights));
  }

  /** What layers of its like do: {@code attention}, {@code channelwise} and so on. */
  String kind() {
    List<Kind> kinds =
        switch (component) {
          case PRIOR, DECODER -> STAGES;
          case PRIOR_TEXT_ENCODER, DECODER_TEXT_ENCODER -> TOWERS;
          default -> List.of();
        };
    return kinds.stream()
        .filter(kind -> kind.weights().matcher(name).find())
        .map(Kind::name)
        .findFirst()
        .orElse("other");
  }

  /** Such as {@code prior:attention}: what reports add up. */
  String group() {
    return component.key() + ":" + kind();
  }

  /** Such as {@code prior.blocks.2.attention.to_q.weight}. */
  @Override
  public String toString() {
    return component.key() + "." + name;
  }
}
