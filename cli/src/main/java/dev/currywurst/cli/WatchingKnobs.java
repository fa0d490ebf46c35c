package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code finetune}: what is kept and painted while it learns. */
final class WatchingKnobs {
  @Option(
      names = "--checkpointing-steps",
      paramLabel = "N",
      description = "Steps between checkpoints. Default: 500")
  private @Nullable Integer checkpoints;

  @Option(
      names = "--validation-steps",
      paramLabel = "N",
      description = "Steps between evaluations. Default: a quarter of the steps")
  private @Nullable Integer validationSteps;

  @Option(
      names = "--validation-epochs",
      paramLabel = "N",
      description = "The same in times through the pictures.")
  private @Nullable Integer validationEpochs;

  @Option(
      names = "--validation-pictures",
      paramLabel = "N",
      description = "Held-out captions that an evaluation paints. Default: 8")
  private @Nullable Integer pictures;

  @Option(
      names = {"--validation-prompts", "--validation-prompt"},
      paramLabel = "TEXT",
      arity = "1..*",
      description =
          "Prompts that are painted at each evaluation, always from the same seeds, into DIR/samples:"
              + " by the live weights and by their average.")
  private @Nullable List<String> prompts;

  @Option(
      names = "--num-validation-images",
      paramLabel = "N",
      description = "Pictures of each of them. Default: 1")
  private @Nullable Integer images;

  @Option(
      names = "--validation-seed",
      paramLabel = "N",
      description = "Of the first picture of each. Default: 0")
  private @Nullable Integer seed;

  @Option(
      names = "--checkpoints-total-limit",
      paramLabel = "N",
      description = "Checkpoints that stay. Default: 2")
  private @Nullable Integer limit;

  void into(ObjectNode config) {
    ObjectNode training = part(config, "training");
    ObjectNode validation = part(config, "validation");
    put(training, "checkpoints_total_limit", limit);
    put(validation, "prompts", prompts);
    put(validation, "num_images", images);
    put(validation, "seed", seed);
    put(training, "checkpointing_steps", checkpoints);
    put(training, "validation_steps", validationSteps);
    put(training, "validation_epochs", validationEpochs);
    put(validation, "pictures", pictures);
  }
}
