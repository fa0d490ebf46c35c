package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code finetune}: what is learned beside weights that stay as they are. */
final class LoraKnobs {
  @Option(
      names = {"--lora-rank", "--rank"},
      paramLabel = "N",
      description =
          "Learns additions of this rank beside weights that stay as they are, written to DIR/lora;"
              + " DIR/model has them in it. 4 is usual.")
  private @Nullable Integer rank;

  @Option(
      names = "--lora-alpha",
      paramLabel = "X",
      description = "Additions are scaled by alpha/rank. Default: the rank")
  private @Nullable Double alpha;

  @Option(
      names = "--lora-targets",
      paramLabel = "NAME",
      split = ",",
      description =
          "Layers, by the end of their names. Default: the projections of attention (to_q, to_k,"
              + " to_v, to_out.0)")
  private @Nullable List<String> targets;

  @Option(names = "--lora-dropout", paramLabel = "SHARE", description = "Default: 0")
  private @Nullable Double dropout;

  @Option(
      names = "--lora-dialects",
      paramLabel = "NAME",
      split = ",",
      description = "Files to write: diffusers (the default), kohya, peft.")
  private @Nullable List<String> dialects;

  @Option(
      names = "--lora-from",
      paramLabel = "FILE",
      description =
          "Goes on from this LoRA, of the same rank and targets, in place of fresh additions.")
  private @Nullable Path from;

  void into(ObjectNode config) {
    ObjectNode json = part(config, "objective");
    put(json, "lora_rank", rank);
    put(json, "lora_alpha", alpha);
    put(json, "lora_targets", targets);
    put(json, "lora_dropout", dropout);
    put(json, "lora_dialects", dialects);
    put(json, "lora_from", from == null ? null : from.toString());
  }
}
