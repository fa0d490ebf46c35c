package dev.currywurst.lora;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names that tools give to the tensors of a LoRA file, and the layers that they mean. Kohya's
 * dialect writes dots as underscores, so a name can be read only by knowing which layers there are.
 */
final class LoraNames {
  /** What a tensor is of its layer. */
  enum Role {
    DOWN,
    UP,
    ALPHA
  }

  /** A tensor's layer and place in it. */
  record Meaning(LoraTarget target, Role role) {}

  private static final List<String> BLOCK =
      List.of(
          "attention.to_q",
          "attention.to_k",
          "attention.to_v",
          "attention.to_out.0",
          "kv_mapper.1",
          "channelwise.0",
          "channelwise.4",
          "mapper");
  private static final List<String> PRIOR =
      List.of("projection", "cond_mapper.0", "cond_mapper.2", "out.1");

  /** Those of them that are 1x1 convolutions. */
  private static final Set<String> CONVOLUTIONS = Set.of("projection", "out.1");

  private static final List<String> TEXT_LAYER =
      List.of(
          "self_attn.q_proj",
          "self_attn.k_proj",
          "self_attn.v_proj",
          "self_attn.out_proj",
          "mlp.fc1",
          "mlp.fc2");

  private static final Pattern PRIOR_BLOCK = Pattern.compile("blocks[._](\\d{1,4})[._](.+)");

  /** transformers 5 has lost the outer module's name. */
  private static final Pattern TEXT_BLOCK =
      Pattern.compile("(?:text_model[._])?encoder[._]layers[._](\\d{1,4})[._](.+)");

  /** By the name with underscores, which stands for the one with dots too. */
  private static final Map<String, String> DOTTED = dotted();

  /** What tools end names with; the group before is the layer. */
  private static final Pattern ENDING =
      Pattern.compile(
          "(.+?)(?:\\.lora_(?<peft>[AB])(?:\\.[A-Za-z]\\w*)?\\.weight"
              + "|\\.lora[._](?<plain>down|up)\\.weight"
              + "|\\.(?<alpha>alpha))");

  /** The first releases of diffusers kept a layer's factors in the attention's processor. */
  private static final Pattern PROCESSOR =
      Pattern.compile("(.+)\\.processor\\.(to_(?:q|k|v|out))_lora\\.(down|up)\\.weight");

  private static final Pattern PREFIX =
      Pattern.compile(
          "(?:base_model\\.model\\.)?"
              + "(?:(?<prior>prior\\.|unet\\.|lora_prior_unet[._]|lora_unet_)"
              + "|(?<text>text_encoder\\.|lora_prior_te[._]|lora_te_))?(?<rest>.+)");

  private LoraNames() {}

  private static Map<String, String> dotted() {
    Map<String, String> dotted = new HashMap<>();
    for (List<String> names : List.of(BLOCK, PRIOR, TEXT_LAYER)) {
      names.forEach(name -> dotted.put(name.replace('.', '_'), name));
    }
    return dotted;
  }

  /** What a tensor of this name is; nothing if no layer is meant that there is in a Würstchen. */
  static Optional<Meaning> parse(String name) {
    Matcher processor = PROCESSOR.matcher(name);
    if (processor.matches()) {
      String layer = processor.group(2).equals("to_out") ? "to_out.0" : processor.group(2);
      Role role = processor.group(3).equals("up") ? Role.UP : Role.DOWN;
      return target(processor.group(1) + "." + layer).map(target -> new Meaning(target, role));
    }
    Matcher ending = ENDING.matcher(name);
    return ending.matches()
        ? target(ending.group(1)).map(target -> new Meaning(target, role(ending)))
        : Optional.empty();
  }

  private static Role role(Matcher ending) {
    if (ending.group("alpha") != null) {
      return Role.ALPHA;
    }
    return "A".equals(ending.group("peft")) || "down".equals(ending.group("plain"))
        ? Role.DOWN
        : Role.UP;
  }

  private static Optional<LoraTarget> target(String path) {
    Matcher prefix = PREFIX.matcher(path);
    if (!prefix.matches()) {
      return Optional.empty();
    }
    String rest = prefix.group("rest");
    Optional<LoraTarget> prior =
        prefix.group("text") == null ? module(LoraPart.PRIOR, rest) : Optional.empty();
    return prior.isPresent() || prefix.group("prior") != null
        ? prior
        : module(LoraPart.TEXT_ENCODER, rest);
  }

  /** The layer that is called {@code path} in a network, with dots or with underscores. */
  static Optional<LoraTarget> module(LoraPart part, String path) {
    boolean isPrior = part == LoraPart.PRIOR;
    Matcher block = (isPrior ? PRIOR_BLOCK : TEXT_BLOCK).matcher(path);
    if (!block.matches()) {
      return isPrior
          ? dotted(path, PRIOR).map(name -> new LoraTarget(part, name))
          : Optional.empty();
    }
    String before = isPrior ? "blocks." : "text_model.encoder.layers.";
    int number = Integer.parseInt(block.group(1));
    return dotted(block.group(2), isPrior ? BLOCK : TEXT_LAYER)
        .map(name -> new LoraTarget(part, before + number + "." + name));
  }

  private static Optional<String> dotted(String path, List<String> known) {
    @Nullable String name = DOTTED.get(path.replace('.', '_'));
    return name != null && known.contains(name) ? Optional.of(name) : Optional.empty();
  }

  /** True if the layer's weight is [out, in, 1, 1], as its factors then are in every dialect. */
  static boolean isConvolution(LoraTarget target) {
    return target.part() == LoraPart.PRIOR && CONVOLUTIONS.contains(target.module());
  }

  /** The name of a layer's tensor in a dialect. */
  static String of(LoraDialect dialect, LoraTarget target, Role role) {
    return switch (dialect) {
      case DIFFUSERS -> target + peft(role);
      case PEFT -> "base_model.model." + target.module() + peft(role);
      case KOHYA ->
          target.part().kohyaPrefix()
              + "_"
              + target.module().replace('.', '_')
              + switch (role) {
                case DOWN -> ".lora_down.weight";
                case UP -> ".lora_up.weight";
                case ALPHA -> ".alpha";
              };
    };
  }

  private static String peft(Role role) {
    return switch (role) {
      case DOWN -> ".lora_A.weight";
      case UP -> ".lora_B.weight";
      case ALPHA -> ".alpha";
    };
  }
}
