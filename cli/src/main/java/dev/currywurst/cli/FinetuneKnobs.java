package dev.currywurst.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
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

  @ArgGroup(validate = false, heading = "%nAdvanced: LoRA%n", order = 2)
  private LowRank lowRank = new LowRank();

  @ArgGroup(validate = false, heading = "%nAdvanced: prior preservation (DreamBooth)%n", order = 3)
  private ClassPrior classPrior = new ClassPrior();

  @ArgGroup(validate = false, heading = "%nAdvanced: the optimizer%n", order = 4)
  private Optimizer optimizer = new Optimizer();

  @ArgGroup(validate = false, heading = "%nAdvanced: the average of the weights%n", order = 5)
  private Average average = new Average();

  @ArgGroup(validate = false, heading = "%nAdvanced: pictures%n", order = 6)
  private Pictures pictures = new Pictures();

  @ArgGroup(validate = false, heading = "%nAdvanced: checkpoints and evaluations%n", order = 7)
  private Watching watching = new Watching();

  /** Puts what was given into a configuration that has objects for the parts. */
  void into(ObjectNode config) {
    ObjectNode learned = part(config, "objective");
    objective.into(learned);
    lowRank.into(learned);
    classPrior.into(learned);
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
            "How much a noise level's error counts: p2 (as Stage C was trained; the default), plain"
                + " (diffusers' script), min_snr or adaptive (Stable Cascade's).")
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

    @Option(
        names = "--snr-gamma",
        paramLabel = "X",
        description = "Of the weighting min_snr, which it chooses; 5 in its paper.")
    private @Nullable Double gamma;

    @Option(
        names = "--noise-offset",
        paramLabel = "X",
        description = "Noise that is the same all over a channel; 0.1 is usual. Default: none")
    private @Nullable Double noiseOffset;

    @Option(
        names = "--input-perturbation",
        paramLabel = "X",
        description = "More noise that is not to be predicted; 0.1 is usual. Default: none")
    private @Nullable Double perturbation;

    void into(ObjectNode json) {
      put(json, "loss_weighting", weighting);
      put(json, "snr_gamma", gamma);
      put(json, "noise_offset", noiseOffset);
      put(json, "input_perturbation", perturbation);
      put(json, "timestep_stretch", stretch);
      put(json, "caption_dropped", captionDropout);
      if (freeze != null) {
        freeze.forEach(json.putArray("freeze")::add);
      }
    }
  }

  private static final class LowRank {
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

    void into(ObjectNode json) {
      put(json, "lora_rank", rank);
      put(json, "lora_alpha", alpha);
      put(json, "lora_targets", targets);
      put(json, "lora_dropout", dropout);
      put(json, "lora_dialects", dialects);
    }
  }

  private static final class ClassPrior {
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

    void into(ObjectNode json) {
      put(json, "class_prompt", prompt);
      put(json, "num_class_images", pictures);
      put(json, "prior_loss_weight", weight);
      put(json, "class_data_dir", folder == null ? null : folder.toString());
    }
  }

  private static final class Optimizer {
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

    @Option(
        names = "--gradient-checkpointing",
        description = "Computes Stage C's blocks twice, which takes less memory and more time.")
    private boolean twice;

    void into(ObjectNode json) {
      put(json, "gradient_checkpointing", twice ? Boolean.TRUE : null);
      put(json, "optimizer", name);
      put(json, "use_8bit_adam", in8bit ? Boolean.TRUE : null);
      put(json, "lr_scheduler", scheduler);
      put(json, "lr_num_cycles", cycles);
      put(json, "lr_power", power);
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
        description = "Whether weights are averaged. Default: yes, but for a LoRA no")
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
        description =
            "ema (DIR/model), live (DIR/model), or both (the default but for a LoRA: DIR/model has the"
                + " average and DIR/model-live the live weights).")
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
    @Option(
        names = "--image-column",
        paramLabel = "NAME",
        description = "Where metadata or Parquet have the picture. Default: the usual names")
    private @Nullable String imageColumn;

    @Option(
        names = "--caption-column",
        paramLabel = "NAME",
        description = "Where they have its caption. Default: the usual names")
    private @Nullable String captionColumn;

    @Option(
        names = "--max-train-samples",
        paramLabel = "N",
        description = "Takes the first pictures alone.")
    private @Nullable Integer most;

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

    @Option(
        names = "--aspect-buckets",
        description = "Samples of several sizes by their pictures' ratios, instead of squares.")
    private boolean buckets;

    @Option(
        names = "--bucket-step",
        paramLabel = "N",
        description = "Their sides are multiples of it. Default: 128, 32 to 64 for small models")
    private @Nullable Integer bucketStep;

    void into(ObjectNode json) {
      put(json, "aspect_buckets", buckets ? Boolean.TRUE : null);
      put(json, "bucket_step", bucketStep);
      put(json, "image_column", imageColumn);
      put(json, "caption_column", captionColumn);
      put(json, "max_train_samples", most);
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

    void into(ObjectNode training, ObjectNode validation) {
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
}
