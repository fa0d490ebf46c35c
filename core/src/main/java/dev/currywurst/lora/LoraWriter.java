package dev.currywurst.lora;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.lora.LoraNames.Role;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Writes LoRA files in the dialect of the tool that shall read them. */
public final class LoraWriter {
  private LoraWriter() {}

  /**
   * Writes a LoRA, whole or not at all.
   *
   * <p>A diffusers file stores no alpha and its readers take the rank for it: a scale that is not 1
   * goes into B.
   *
   * @param target a file; for {@link LoraDialect#PEFT} a folder, which is made
   * @param remarks metadata beside what is always written, such as {@code modelspec.title}
   * @throws CurrywurstException if it cannot be written, or the dialect cannot hold it
   */
  public static void write(
      Path target,
      LoraDialect dialect,
      Map<LoraTarget, LoraFactors> layers,
      Map<String, String> remarks) {
    if (layers.isEmpty()) {
      throw new CurrywurstException("There is no layer to write to " + target + ".");
    }
    Map<String, String> metadata = new TreeMap<>(LoraRemarks.of(layers));
    metadata.putAll(remarks);
    try (Scope scope = Scope.open()) {
      if (dialect == LoraDialect.PEFT) {
        writePeft(target, layers, metadata);
      } else {
        SafetensorsWriter.write(target, tensors(dialect, layers), metadata);
      }
    }
  }

  /** What a file says of itself that stays true of it in another dialect. */
  public static Map<String, String> remarks(LoraFile file) {
    Map<String, String> remarks = new TreeMap<>(file.metadata());
    remarks.remove("format");
    remarks.remove(AdapterConfig.METADATA);
    // These follow from the tensors, which may be scaled anew.
    remarks.keySet().removeAll(List.of("ss_network_dim", "ss_network_alpha"));
    return remarks;
  }

  private static Map<String, Tensor> tensors(
      LoraDialect dialect, Map<LoraTarget, LoraFactors> layers) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    layers.forEach(
        (target, factors) -> {
          Tensor up = factors.up();
          if (dialect == LoraDialect.DIFFUSERS && factors.scale() != 1) {
            up = up.times(factors.scale());
          }
          tensors.put(LoraNames.of(dialect, target, Role.DOWN), stored(target, factors.down()));
          tensors.put(LoraNames.of(dialect, target, Role.UP), stored(target, up));
          if (dialect == LoraDialect.KOHYA) {
            tensors.put(
                LoraNames.of(dialect, target, Role.ALPHA),
                Tensor.of(new float[] {(float) factors.alpha()}));
          }
        });
    return tensors;
  }

  /** Readers make a layer of each factor, of the kind of the one that is changed. */
  private static Tensor stored(LoraTarget target, Tensor factor) {
    return LoraNames.isConvolution(target) ? factor.unsqueeze(2).unsqueeze(3) : factor;
  }

  private static void writePeft(
      Path folder, Map<LoraTarget, LoraFactors> layers, Map<String, String> metadata) {
    Set<LoraPart> parts =
        layers.keySet().stream().map(LoraTarget::part).collect(Collectors.toSet());
    if (parts.size() > 1) {
      throw new CurrywurstException(
          "%s would hold an adapter of peft, which is for one network, and this LoRA changes Stage C and its text tower; write it for diffusers or kohya."
              .formatted(folder));
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CurrywurstException(
          "Cannot make the folder %s: %s.".formatted(folder, e.getMessage()), e);
    }
    SafetensorsWriter.write(
        folder.resolve("adapter_model.safetensors"), tensors(LoraDialect.PEFT, layers), metadata);
    ConfigFile.write(folder.resolve("adapter_config.json"), config(layers));
  }

  private static ObjectNode config(Map<LoraTarget, LoraFactors> layers) {
    LoraFactors first = layers.values().iterator().next();
    ObjectNode config =
        ConfigFile.newObject()
            .put("peft_type", "LORA")
            .put("r", first.rank())
            .put("lora_dropout", 0.0)
            .put("bias", "none")
            .put("fan_in_fan_out", false)
            .put("inference_mode", true)
            .put("use_rslora", false)
            .put("use_dora", false);
    config.set("lora_alpha", number(first.alpha()));
    Set<String> modules = new TreeSet<>();
    layers.keySet().forEach(target -> modules.add(target.module()));
    ArrayNode targets = config.putArray("target_modules");
    modules.forEach(targets::add);
    ObjectNode ranks = config.putObject("rank_pattern");
    ObjectNode alphas = config.putObject("alpha_pattern");
    layers.forEach(
        (target, factors) -> {
          // peft reads these names as expressions.
          String key = target.module().replace(".", "\\.");
          if (factors.rank() != first.rank()) {
            ranks.put(key, factors.rank());
          }
          if (factors.rank() != first.rank() || factors.alpha() != first.alpha()) {
            alphas.set(key, number(factors.alpha()));
          }
        });
    return config;
  }

  /** peft's own files have whole numbers where they can. */
  private static JsonNode number(double value) {
    var nodes = JsonNodeFactory.instance;
    return value == Math.rint(value) ? nodes.numberNode((long) value) : nodes.numberNode(value);
  }
}
