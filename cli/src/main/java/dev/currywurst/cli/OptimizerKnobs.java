package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;
import static dev.currywurst.cli.FinetuneKnobs.putIf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code finetune}: how gradients change weights. */
final class OptimizerKnobs {
  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description =
          "adamw (the default), adamw_8bit (a quarter of its memory) or adafactor (hardly any; its"
              + " finer settings, adafactor_beta1 and such, stand in --config).")
  private @Nullable String name;

  @Option(names = "--use-8bit-adam", description = "The same as --optimizer adamw_8bit.")
  private boolean in8bit;

  @Option(
      names = "--lr-scheduler",
      paramLabel = "NAME",
      description =
          "The rate after its warm-up: constant (the default), linear, cosine,"
              + " cosine_with_restarts or polynomial.")
  private @Nullable String scheduler;

  @Option(
      names = "--lr-num-cycles",
      paramLabel = "N",
      description = "How often cosine_with_restarts falls. Default: 1")
  private @Nullable Integer cycles;

  @Option(names = "--lr-power", paramLabel = "X", description = "Of polynomial. Default: 1")
  private @Nullable Double power;

  @Option(
      names = "--lr-warmup-steps",
      paramLabel = "N",
      description = "Steps until the rate is reached. Default: a tenth of the steps, at most 1000")
  private @Nullable Integer warmup;

  @Option(
      names = "--scale-lr",
      description = "Multiplies the rate by the pictures of a step, over all its batches.")
  private boolean scaled;

  @Option(names = "--adam-beta1", paramLabel = "X", description = "Default: 0.9")
  private @Nullable Double beta1;

  @Option(names = "--adam-beta2", paramLabel = "X", description = "Default: 0.999")
  private @Nullable Double beta2;

  @Option(names = "--adam-weight-decay", paramLabel = "X", description = "Default: 0.01")
  private @Nullable Double weightDecay;

  @Option(names = "--adam-epsilon", paramLabel = "X", description = "Default: 1e-8")
  private @Nullable Double epsilon;

  @Option(
      names = "--max-grad-norm",
      paramLabel = "X",
      description = "Longer gradients are shortened to it. Default: 1")
  private @Nullable Double maxGradNorm;

  @Option(
      names = "--gradient-accumulation-steps",
      paramLabel = "N",
      description = "Batches a step, one after the other. Default: 1")
  private @Nullable Integer accumulation;

  @Option(
      names = "--gradient-checkpointing",
      description = "Computes Stage C's blocks twice, which takes less memory and more time.")
  private boolean twice;

  void into(ObjectNode config) {
    ObjectNode json = part(config, "training");
    putIf(json, "gradient_checkpointing", twice);
    put(json, "optimizer", name);
    putIf(json, "use_8bit_adam", in8bit);
    put(json, "lr_scheduler", scheduler);
    put(json, "lr_num_cycles", cycles);
    put(json, "lr_power", power);
    put(json, "lr_warmup_steps", warmup);
    putIf(json, "scale_lr", scaled);
    put(json, "adam_beta1", beta1);
    put(json, "adam_beta2", beta2);
    put(json, "adam_weight_decay", weightDecay);
    put(json, "adam_epsilon", epsilon);
    put(json, "max_grad_norm", maxGradNorm);
    put(json, "gradient_accumulation_steps", accumulation);
  }
}
