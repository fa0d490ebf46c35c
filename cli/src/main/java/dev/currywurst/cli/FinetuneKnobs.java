package dev.currywurst.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;

/**
 * The finer options of {@code finetune}: each stands for a setting of the configuration, of the
 * same name but for underscores, and counts before it.
 */
final class FinetuneKnobs {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ArgGroup(validate = false, heading = "%nAdvanced: what is learned%n", order = 1)
  private ObjectiveKnobs objective = new ObjectiveKnobs();

  @ArgGroup(validate = false, heading = "%nAdvanced: LoRA%n", order = 2)
  private LoraKnobs lora = new LoraKnobs();

  @ArgGroup(validate = false, heading = "%nAdvanced: prior preservation (DreamBooth)%n", order = 3)
  private ClassKnobs classPrior = new ClassKnobs();

  @ArgGroup(validate = false, heading = "%nAdvanced: the optimizer%n", order = 4)
  private OptimizerKnobs optimizer = new OptimizerKnobs();

  @ArgGroup(validate = false, heading = "%nAdvanced: the average of the weights%n", order = 5)
  private AverageKnobs average = new AverageKnobs();

  @ArgGroup(validate = false, heading = "%nAdvanced: pictures%n", order = 6)
  private PictureKnobs pictures = new PictureKnobs();

  @ArgGroup(validate = false, heading = "%nAdvanced: checkpoints and evaluations%n", order = 7)
  private WatchingKnobs watching = new WatchingKnobs();

  /** Puts what was given into a configuration that has objects for the parts. */
  void into(ObjectNode config) {
    objective.into(config);
    lora.into(config);
    classPrior.into(config);
    optimizer.into(config);
    average.into(config);
    pictures.into(config);
    watching.into(config);
  }

  /** The object for a part, made if it is missing. */
  static ObjectNode part(ObjectNode config, String name) {
    return config.withObject("/" + name);
  }

  /** Puts a value if there is one. */
  static void put(ObjectNode part, String name, @Nullable Object value) {
    if (value != null) {
      part.set(name, JSON.valueToTree(value));
    }
  }

  /** Puts a switch if it is on. */
  static void putIf(ObjectNode part, String name, boolean value) {
    if (value) {
      part.put(name, true);
    }
  }
}
