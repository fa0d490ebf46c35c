package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A configuration file for training: parts for each network, "objective", "data", "training" and
 * "validation". All have defaults, so an empty object trains the published size. One file serves
 * all stages: parts that belong to one stage alone stand below the stage's name.
 *
 * <pre>{@code
 * {"data": {"flip": 0.5},
 *  "vqgan": {"embed_dim": 64},
 *  "prior": {"c": 192, "depth": 8},
 *  "stage-a": {"objective": {"absolute_error": 0.5}},
 *  "stage-c": {"training": {"ema_decay": 0.999}}}
 * }</pre>
 *
 * @param file the whole file
 * @param stage whose parts count
 */
public record RunConfig(ConfigFile file, StageName stage) {
  private static final Set<String> PARTS =
      Set.of(
          "vqgan",
          "discriminator",
          "decoder",
          "image_encoder",
          "prior",
          "tokenizer",
          "text_encoder",
          "vision_encoder",
          "objective",
          "data",
          "training",
          "validation");

  /**
   * @throws CurrywurstException if the file has a part that no stage knows
   */
  public RunConfig {
    checkParts(file, true);
    ConfigFile own = below(file, stage.key());
    checkParts(own, false);
  }

  private static void checkParts(ConfigFile file, boolean withStages) {
    Set<String> known = new TreeSet<>(PARTS);
    if (withStages) {
      for (StageName name : StageName.values()) {
        known.add(name.key());
      }
    }
    List<String> unknown =
        file.names().stream()
            .filter(name -> !known.contains(name) && !name.startsWith("_"))
            .toList();
    if (!unknown.isEmpty()) {
      throw new CurrywurstException(
          "%s has parts that no stage knows: %s; known are %s."
              .formatted(file.origin(), String.join(", ", unknown), String.join(", ", known)));
    }
  }

  private static ConfigFile below(ConfigFile file, String name) {
    return ConfigFile.of(
        file.origin() + ", " + name, file.has(name) ? file.node(name) : ConfigFile.newObject());
  }

  /** A part: the stage's own if there is one, else the one for all stages, else an empty one. */
  public ConfigFile part(String name) {
    ConfigFile own = below(file, stage.key());
    return below(own.has(name) ? own : file, name);
  }
}
