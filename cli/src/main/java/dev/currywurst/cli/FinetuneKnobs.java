package dev.currywurst.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/**
 * The finer options of {@code finetune}: each stands for a setting of the configuration, of the
 * same name but for underscores, and counts before it.
 */
final class FinetuneKnobs {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ArgGroup(validate = false, heading = "%nAdvanced: what is learned%n", order = 1)
  private Objective objective = new Objective();

  @ArgGroup(validate = false, heading = "%nAdvanced: the optimizer%n", order = 2)
  private Optimizer optimizer = new Optimizer();

  @ArgGroup(validate = false, heading = "%nAdvanced: the average of the weights%n", order = 3)
  private Average average = new Average();

  @ArgGroup(validate = false, heading = "%nAdvanced: pictures%n", order = 4)
  private Pictures pictures = new Pictures();

  @ArgGroup(validate = false, heading = "%nAdvanced: checkpoints and evaluations%n", order = 5)
  private Watching watching = new Watching();

  /** Puts what was given into a configuration that has objects for the parts. */
  void into(ObjectNode config) {
    objective.into(part(config, "objective"));
    ObjectNode training = part(config, "training");
    optimizer.into(training);
    average.into(training);
    pictures.into(part(config, "data"));
    watching.into(training, part(config, "validation"));
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

  private static final class Objective {
    @Option(
        names = "--freeze",
        paramLabel = "PATTERN",
        split = ",",
        description = "Of what is trained, weights that stay as they are; spelled as for --train.")
    private @Nullable List<String> freeze;

    @Option(
        names = "--loss-weighting",
        paramLabel = "NAME",
        description =
            "How much a noise level's error counts: p2 (as Stage C was trained; the default) or"
                + " plain (diffusers' script).")
    private @Nullable String weighting;

    @Option(
        names = "--timestep-stretch",
        paramLabel = "X",
        description = "Draws noise levels from 0 to X and clamps them to 1. Default: 1.08")
    private @Nullable Double stretch;

    @Option(
        names = "--caption-dropout",
        paramLabel = "SHARE",
        description = "Samples that are shown without their caption, for guidance. Default: 0.05")
    private @Nullable Double captionDropout;

    void into(ObjectNode json) {
      put(json, "loss_weighting", weighting);
      put(json, "timestep_stretch", stretch);
      put(json, "caption_dropped", captionDropout);
      if (freeze != null) {
        freeze.forEach(json.putArray("freeze")::add);
      }
    }
  }

  private static final class Optimizer {
    @Option(
        names = "--lr-scheduler",
        paramLabel = "NAME",
        description = "The rate after its warm-up: constant (the default), linear or cosine.")
    private @Nullable String scheduler;

    @Option(
        names = "--lr-warmup-steps",
        paramLabel = "N",
        description =
            "Steps until the rate is reached. Default: a tenth of the steps, at most 1000")
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

    void into(ObjectNode json) {
      put(json, "lr_scheduler", scheduler);
      put(json, "lr_warmup_steps", warmup);
      put(json, "scale_lr", scaled ? Boolean.TRUE : null);
      put(json, "adam_beta1", beta1);
      put(json, "adam_beta2", beta2);
      put(json, "adam_weight_decay", weightDecay);
      put(json, "adam_epsilon", epsilon);
      put(json, "max_grad_norm", maxGradNorm);
      put(json, "gradient_accumulation_steps", accumulation);
    }
  }

  private static final class Average {
    @Option(
        names = "--use-ema",
        negatable = true,
        description = "Whether weights are averaged. Default: yes")
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
        description = {
          "How the decay begins: constant (from the first step on; the default), counted",
          "((1+n)/(10+n), which drops the base unless n is inherited) or power",
          "(1-(1+n/gamma)^-power, diffusers' use_ema_warmup)."
        })
    private @Nullable String ramp;

    @Option(
        names = "--ema-initial-updates",
        paramLabel = "N",
        description = "Where n begins. Default: what the model says of itself, else 0")
    private @Nullable Integer initial;

    @Option(names = "--ema-inv-gamma", paramLabel = "X", description = "Default: 1")
    private @Nullable Double invGamma;

    @Option(names = "--ema-power", paramLabel = "X", description = "Default: 0.6667")
    private @Nullable Double power;

    @Option(names = "--ema-min-decay", paramLabel = "X", description = "Default: 0")
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
        description = {
          "ema (DIR/model), live (DIR/model), or both (the default: DIR/model has the average and",
          "DIR/model-live the live weights)."
        })
    private @Nullable String save;

    @Option(
        names = "--blend-with-base",
        paramLabel = "ALPHA",
        description = "Writes DIR/model-blend too: base + ALPHA (model - base).")
    private @Nullable Double blend;

    void into(ObjectNode json) {
      put(json, "use_ema", used);
      put(json, "ema_decay", decay);
      put(json, "ema_ramp", ramp);
      put(json, "ema_initial_updates", initial);
      put(json, "ema_inv_gamma", invGamma);
      put(json, "ema_power", power);
      put(json, "ema_min_decay", minDecay);
      put(json, "ema_update_after_step", after);
      put(json, "ema_per_batch", perBatch ? Boolean.TRUE : null);
      put(json, "save", save);
      put(json, "blend_with_base", blend);
    }
  }

  private static final class Pictures {
    @Option(names = "--random-flip", description = "Mirrors every second picture.")
    private boolean flip;

    @Option(
        names = "--random-crop",
        description = "Cuts the square out of a picture anywhere, and not from its middle.")
    private boolean crop;

    @Option(
        names = "--held-out",
        paramLabel = "SHARE",
        description = "Pictures that are not trained on, to judge by. Default: 0.1")
    private @Nullable Double heldOut;

    void into(ObjectNode json) {
      put(json, "flip", flip ? 0.5 : null);
      put(json, "random_crop", crop ? Boolean.TRUE : null);
      put(json, "held_out", heldOut);
    }
  }

  private static final class Watching {
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
        names = "--validation-prompts",
        paramLabel = "TEXT",
        arity = "1..*",
        description = {
          "Prompts that are painted before the first step and at each evaluation, by the live and"
              + " by",
          "the averaged weights, into DIR/samples."
        })
    private @Nullable List<String> prompts;

    @Option(
        names = "--num-validation-images",
        paramLabel = "N",
        description = "Pictures of each prompt. Default: 1")
    private @Nullable Integer images;

    @Option(
        names = "--validation-seed",
        paramLabel = "N",
        description = "The seed of each prompt's first picture. Default: 0")
    private @Nullable Integer validationSeed;

    @Option(
        names = "--checkpoints-total-limit",
        paramLabel = "N",
        description = "Checkpoints that stay. Default: 2, should the newest be damaged")
    private @Nullable Integer checkpointsKept;

    void into(ObjectNode training, ObjectNode validation) {
      put(training, "checkpointing_steps", checkpoints);
      put(training, "validation_steps", validationSteps);
      put(training, "validation_epochs", validationEpochs);
      put(training, "checkpoints_total_limit", checkpointsKept);
      put(validation, "pictures", pictures);
      put(validation, "prompts", prompts);
      put(validation, "num_images", images);
      put(validation, "seed", validationSeed);
    }
  }
}
