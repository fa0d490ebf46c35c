package dev.currywurst.lora;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What peft says about an adapter beside its tensors: {@code adapter_config.json}, or the same in a
 * safetensors file's metadata, where newer releases of diffusers keep it.
 *
 * @param alpha of layers that no pattern names
 * @param alphaPatterns by the end of a layer's name, or an expression for it
 * @param rankStabilised whether the scale is alpha / sqrt(rank) (Kalajdzievski 2023)
 */
record AdapterConfig(
    OptionalDouble alpha, Map<String, Double> alphaPatterns, boolean rankStabilised) {
  /** The metadata key of diffusers. */
  static final String METADATA = "lora_adapter_metadata";

  /** For files that come without one: alpha is the rank. */
  static final AdapterConfig NONE = new AdapterConfig(OptionalDouble.empty(), Map.of(), false);

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads the settings that change what the tensors mean.
   *
   * @throws CurrywurstException if the adapter is more than low-rank factors
   */
  static AdapterConfig read(ConfigFile config) {
    String kind = config.stringValue("LORA", "peft_type");
    if (!kind.equals("LORA")) {
      throw new CurrywurstException(
          "%s describes an adapter of the kind %s; this program knows LORA."
              .formatted(config.origin(), kind));
    }
    refuse(config, "use_dora", "weight-decomposed (DoRA)");
    refuse(config, "fan_in_fan_out", "for transposed weights");
    if (!config.stringValue("none", "bias").equals("none")) {
      throw new CurrywurstException(
          config.origin() + " says that biases were trained too, which a LoRA file cannot hold.");
    }
    JsonNode start = config.node("init_lora_weights");
    if (start.isTextual() && !start.textValue().equals("gaussian")) {
      throw new CurrywurstException(
          "%s says that the adapter began as %s, which changes the base weights too; convert it with peft first."
              .formatted(config.origin(), start.textValue()));
    }
    Map<String, Double> patterns = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> pattern : config.node("alpha_pattern").properties()) {
      if (!pattern.getValue().isNumber()) {
        throw new CurrywurstException(
            "%s: the alpha_pattern of %s is no number."
                .formatted(config.origin(), pattern.getKey()));
      }
      patterns.put(pattern.getKey(), pattern.getValue().doubleValue());
    }
    return new AdapterConfig(
        config.has("lora_alpha")
            ? OptionalDouble.of(config.doubleValue(0, "lora_alpha"))
            : OptionalDouble.empty(),
        patterns,
        config.booleanValue(false, "use_rslora"));
  }

  private static void refuse(ConfigFile config, String key, String what) {
    if (config.booleanValue(false, key)) {
      throw new CurrywurstException(
          "%s says that the adapter is %s (%s), which this program cannot merge."
              .formatted(config.origin(), what, key));
    }
  }

  /**
   * Those of one network in the metadata of a safetensors file.
   *
   * @param origin the file, for messages
   */
  static AdapterConfig read(String origin, Map<String, String> metadata, LoraPart part) {
    String text = metadata.get(METADATA);
    if (text == null) {
      return NONE;
    }
    String place = origin + " (" + METADATA + ")";
    ConfigFile all;
    try {
      all = ConfigFile.of(place, JSON.readTree(text));
    } catch (JsonProcessingException e) {
      throw new CurrywurstException(place + " is not valid JSON.", e);
    }
    var own = ConfigFile.newObject();
    for (String name : all.names()) {
      if (name.startsWith(part.prefix() + ".")) {
        own.set(name.substring(part.prefix().length() + 1), all.node(name));
      }
    }
    return read(ConfigFile.of(place, own));
  }

  /** The scale of a layer that brings no alpha of its own. */
  double scale(String origin, String module, long rank) {
    double its = alpha.orElse((double) rank);
    for (Map.Entry<String, Double> pattern : alphaPatterns.entrySet()) {
      if (matches(origin, pattern.getKey(), module)) {
        its = pattern.getValue();
        break;
      }
    }
    return its / (rankStabilised ? Math.sqrt((double) rank) : rank);
  }

  /** As peft matches the keys of its patterns. */
  private static boolean matches(String origin, String key, String module) {
    try {
      return Pattern.compile("(.*\\.)?(" + key + ")").matcher(module).matches();
    } catch (PatternSyntaxException e) {
      throw new CurrywurstException(
          "%s: the alpha_pattern %s is no valid expression.".formatted(origin, key), e);
    }
  }
}
