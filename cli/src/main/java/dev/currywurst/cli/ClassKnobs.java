package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code finetune}: what is done against forgetting a class (DreamBooth). */
final class ClassKnobs {
  @Option(
      names = "--class-prompt",
      paramLabel = "TEXT",
      description =
          "What the pictures are, in general: the model paints such pictures before, and is shown"
              + " them beside the others, so that it does not forget the class.")
  private @Nullable String prompt;

  @Option(
      names = "--num-class-images",
      paramLabel = "N",
      description = "Pictures of the class. Default: 100")
  private @Nullable Integer pictures;

  @Option(
      names = "--prior-loss-weight",
      paramLabel = "X",
      description = "How much their loss counts. Default: 1")
  private @Nullable Double weight;

  @Option(
      names = "--class-data-dir",
      paramLabel = "DIR",
      description = "Where they are kept, so that another run has them too. Default: in --output")
  private @Nullable Path folder;

  void into(ObjectNode config) {
    ObjectNode json = part(config, "objective");
    put(json, "class_prompt", prompt);
    put(json, "num_class_images", pictures);
    put(json, "prior_loss_weight", weight);
    put(json, "class_data_dir", folder == null ? null : folder.toString());
  }
}
