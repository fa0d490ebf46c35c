package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;
import static dev.currywurst.cli.FinetuneKnobs.putIf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code finetune}: how weights are averaged, and which ones are saved. */
final class AverageKnobs {
  @Option(
      names = "--use-ema",
      negatable = true,
      description =
          "Whether weights are averaged. Default: yes; for a LoRA if another --ema option is given")
  private @Nullable Boolean used;

  @Option(
      names = {"--ema-decay", "--ema-max-decay"},
      paramLabel = "X",
      description =
          "Part of the average that stays at a step. Default: 1 - 1.5/steps, with which 22 %% of"
              + " the base are left at the end")
  private @Nullable Double decay;

  @Option(
      names = "--ema-ramp",
      paramLabel = "NAME",
      description =
          "How the decay begins: constant (from the first step on; the default), counted"
              + " ((1+n)/(10+n), which drops the base unless n is inherited) or power"
              + " (1-(1+n/gamma)^-power, diffusers' use_ema_warmup).")
  private @Nullable String ramp;

  @Option(
      names = "--ema-initial-updates",
      paramLabel = "N",
      description = "Where n begins. Default: what the model says of itself, else 0")
  private @Nullable Integer initial;

  @Option(
      names = "--ema-inv-gamma",
      paramLabel = "X",
      description = "Of the ramp power. Default: 1")
  private @Nullable Double invGamma;

  @Option(
      names = "--ema-power",
      paramLabel = "X",
      description = "Of the ramp power. Default: 0.6667")
  private @Nullable Double power;

  @Option(
      names = "--ema-min-decay",
      paramLabel = "X",
      description = "The least decay of the ramps counted and power. Default: 0")
  private @Nullable Double minDecay;

  @Option(
      names = "--ema-update-after-step",
      paramLabel = "N",
      description = "Steps in which the average is the live weights. Default: 0")
  private @Nullable Integer after;

  @Option(
      names = "--ema-per-batch",
      description = "Averages after each batch of an accumulated step, and not after its last.")
  private boolean perBatch;

  @Option(
      names = "--save",
      paramLabel = "NAME",
      description =
          "ema (DIR/model), live (DIR/model), or both (the default but for a LoRA: DIR/model has the"
              + " average and DIR/model-live the live weights).")
  private @Nullable String save;

  @Option(
      names = "--blend-with-base",
      paramLabel = "ALPHA",
      description = "Writes DIR/model-blend too: base + ALPHA (model - base).")
  private @Nullable Double blend;

  void into(ObjectNode config) {
    ObjectNode json = part(config, "training");
    put(json, "use_ema", used);
    put(json, "ema_decay", decay);
    put(json, "ema_ramp", ramp);
    put(json, "ema_initial_updates", initial);
    put(json, "ema_inv_gamma", invGamma);
    put(json, "ema_power", power);
    put(json, "ema_min_decay", minDecay);
    put(json, "ema_update_after_step", after);
    putIf(json, "ema_per_batch", perBatch);
    put(json, "save", save);
    put(json, "blend_with_base", blend);
  }
}
