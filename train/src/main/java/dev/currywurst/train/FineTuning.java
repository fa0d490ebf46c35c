package dev.currywurst.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.stage.PictureRecipe;
import dev.currywurst.train.stage.RunConfig;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A training that fine-tunes Stage C of a model on captioned pictures, with defaults for whatever
 * is not said.
 *
 * <pre>{@code
 * ObjectNode config = ConfigFile.newObject();
 * config.putObject("training").put("max_train_steps", 400);
 * FineTuning tuning = FineTuning.plan(model, pictures, output, ConfigFile.of("mine", config));
 * try (TrainingRun run = TrainingRun.open(tuning.request())) {
 *   Optional<Path> tuned = run.train(listener);
 * }
 * }</pre>
 *
 * <p>The defaults are those of the two recipes that are known to have worked, on 833 pictures:
 *
 * <ul>
 *   <li>Objective, rate (1e-4) and batch (8) are those of the Würstchen that learned to paint
 *       Pokémon, which are the original Stage C's: p2 weights, noise levels stretched by 1.08,
 *       captions dropped in 5 % of the samples, AdamW, gradients clipped to 1. It was good after
 *       5,000 steps, 48 times through its pictures, and that is the length here: {@link #EPOCHS}
 *       epochs. Its warm-up of 1,000 steps is the first tenth of shorter runs.
 *   <li>The average is that of the Stable Diffusion that turned everyone into a Pokémon and forgot
 *       no one: at its end, after 15,000 updates with a decay of 0.9999 from the first on, 22 % of
 *       the base model were left in it. A shorter run reaches the same with {@code 1 - 1.5 /
 *       steps}, which is 0.9999 for 15,000. See {@link
 *       dev.currywurst.train.optim.WeightAverage.Ramp} for what a ramp would do.
 * </ul>
 *
 * <p>Besides what a {@link TrainingRun} knows, the configuration's "training" has {@code
 * max_train_steps}, {@code num_train_epochs}, {@code train_batch_size}, {@code learning_rate},
 * {@code scale_lr}, {@code seed}, {@code mixed_precision}, {@code use_ema} and {@code
 * validation_epochs}, and its "data" {@code resolution}: all mean what they mean to diffusers'
 * scripts, but for the resolution, which counts the pictures' pixels and not those that the image
 * encoder is shown, three quarters of them.
 *
 * @param request that trains it
 * @param pictures to train on
 * @param notice a sentence that tells how long it will be and why
 */
public record FineTuning(TrainingRun.Request request, int pictures, String notice) {
  /** Times through the pictures: 5,000 steps of 8 on 833 of them. */
  static final int EPOCHS = 48;

  private static final long SHORTEST = 200;
  private static final long LONGEST = 15_000;
  private static final int BATCH = 8;
  private static final double LEARNING_RATE = 1e-4;
  private static final int LONGEST_WARMUP = 1000;

  /** Minus the logarithm of what is left of the base model in the average at the end. */
  private static final double FORGETTING = 1.5;

  private static final int EVALUATIONS = 4;

  /**
   * Decides what is left open.
   *
   * @param model whole, with the image encoder
   * @param data captioned pictures, as {@link Dataset} takes them
   * @param output folder for everything that the run writes
   * @param config what is not left open
   * @throws CurrywurstException if a setting is wrong or there are no pictures
   */
  public static FineTuning plan(ModelFolder model, Path data, Path output, ConfigFile config) {
    RunConfig run = new RunConfig(config, StageName.STAGE_C);
    Part pictures = new Part(run.part("data"));
    int side = Math.min(model.naturalSize().width(), model.naturalSize().height());
    int resolution = pictures.whole("resolution", side);
    pictures.take("resolution");
    PictureRecipe recipe =
        PictureRecipe.read(ConfigFile.of(pictures.origin(), pictures.json), resolution);
    Dataset dataset = Dataset.open(data, recipe.columns());
    List<CaptionedImage> trained = recipe.split(dataset.images(), data).training();
    Part training = new Part(run.part("training"));
    Length length = Length.of(training, trained);
    TrainingSettings.Given given =
        new TrainingSettings.Given(
            length.steps(), length.batch(), rate(training), seed(training), type(training));
    boolean lowRank = run.part("objective").has("lora_rank");
    complete(training, length, model.averagedUpdates(), lowRank);
    ObjectNode whole = ConfigFile.newObject();
    config.names().forEach(name -> whole.set(name, config.node(name).deepCopy()));
    ObjectNode own = whole.withObject("/" + StageName.STAGE_C.key());
    own.set("training", training.json);
    own.set("data", pictures.json);
    TrainingRun.Request request =
        new TrainingRun.Request(
            StageName.STAGE_C,
            data,
            output,
            Optional.of(model),
            ConfigFile.of(config.origin(), whole),
            resolution,
            given);
    return new FineTuning(request, trained.size(), length.sentence());
  }

  /**
   * The pictures that the base model paints before the first step, if a class is preserved. A run
   * paints what is missing itself, see {@link TrainingRun#open(TrainingRun.Request, Start,
   * dev.currywurst.pipeline.GenerationListener)}.
   */
  public Optional<ClassPictures> classPictures() {
    return TrainingRun.classPictures(request);
  }

  /** Steps of the whole run. */
  public long steps() {
    return request.given().steps();
  }

  /** A part of a configuration, of which things are taken and to which others are added. */
  private static final class Part {
    private final ConfigFile file;
    private final ObjectNode json = ConfigFile.newObject();

    Part(ConfigFile file) {
      this.file = file;
      file.names().forEach(name -> json.set(name, file.node(name)));
    }

    String origin() {
      return file.origin();
    }

    boolean has(String name) {
      return file.has(name);
    }

    int whole(String name, int fallback) {
      int value = file.intValue(fallback, name);
      if (value < 1) {
        throw new CurrywurstException(
            "%s: %s is %d; give a whole number of at least 1.".formatted(origin(), name, value));
      }
      return value;
    }

    List<String> beginningWith(String... starts) {
      return file.names().stream()
          .filter(name -> Stream.of(starts).anyMatch(name::startsWith))
          .toList();
    }

    /** What the run itself would not know. */
    void take(String... names) {
      json.remove(List.of(names));
    }

    Part orElse(String name, int value) {
      if (!has(name)) {
        json.put(name, value);
      }
      return this;
    }
  }

  /**
   * How long to train.
   *
   * @param weight of all pictures: samples of an epoch
   */
  private record Length(long steps, int batch, int parts, int pictures, double weight) {
    static Length of(Part training, List<CaptionedImage> pictures) {
      int batch = training.whole("train_batch_size", Math.min(BATCH, pictures.size()));
      int parts = training.whole("gradient_accumulation_steps", 1);
      double weight = pictures.stream().mapToDouble(CaptionedImage::weight).sum();
      long epoch = stepsPerEpoch(weight, batch * (long) parts);
      long steps = Math.max(SHORTEST, Math.min(LONGEST, EPOCHS * epoch));
      if (training.has("max_train_steps")) {
        steps = training.whole("max_train_steps", 1);
      } else if (training.has("num_train_epochs")) {
        steps = training.whole("num_train_epochs", EPOCHS) * epoch;
      }
      training.take("train_batch_size", "max_train_steps", "num_train_epochs");
      return new Length(steps, batch, parts, pictures.size(), weight);
    }

    long perStep() {
      return batch * (long) parts;
    }

    long stepsPerEpoch() {
      return stepsPerEpoch(weight, perStep());
    }

    /** Of whole samples: a tenth ten times is a little less or more than one. */
    private static long stepsPerEpoch(double weight, long perStep) {
      return roundedUp(Math.max(1, Math.round(weight)), perStep);
    }

    String sentence() {
      return String.format(
          Locale.ROOT,
          "Training for %,d steps of %d, %.1f times through %,d pictures%s.",
          steps,
          perStep(),
          steps * perStep() / weight,
          pictures,
          Math.abs(weight - pictures) < 0.05
              ? ""
              : String.format(Locale.ROOT, " that count as %,.1f by their weights", weight));
    }
  }

  private static long roundedUp(long number, long divisor) {
    return (number + divisor - 1) / divisor;
  }

  private static double rate(Part training) {
    double rate = training.file.doubleValue(LEARNING_RATE, "learning_rate");
    training.take("learning_rate");
    return rate;
  }

  private static long seed(Part training) {
    int seed = training.file.intValue(0, "seed");
    training.take("seed");
    return seed;
  }

  private static DType type(Part training) {
    String precision = training.file.stringValue("auto", "mixed_precision");
    training.take("mixed_precision");
    return switch (precision) {
      case "auto" -> Engine.multipliesBfloat16() ? DType.BFLOAT16 : DType.FLOAT32;
      case "no" -> DType.FLOAT32;
      case "bf16" -> DType.BFLOAT16;
      case "fp16" ->
          throw new CurrywurstException(
              "%s: mixed_precision fp16 would lose small gradients; use bf16, which needs no scaling, or no."
                  .formatted(training.origin()));
      default ->
          throw new CurrywurstException(
              "%s: mixed_precision is \"%s\"; use no, bf16 or auto."
                  .formatted(training.origin(), precision));
    };
  }

  private static void complete(
      Part training, Length length, long averagedUpdates, boolean lowRank) {
    ObjectNode json = training.json;
    List<String> rates = training.beginningWith("lr_", "learning_rate", "scale_lr");
    if (json.path("adafactor_relative_step").asBoolean() && !rates.isEmpty()) {
      throw new CurrywurstException(
          "%s: adafactor_relative_step decides the rate of each step by itself, but there is %s; leave one of them out."
              .formatted(training.origin(), String.join(", ", rates)));
    }
    // The mean of a LoRA's factors is not that of what they add, and its scale serves instead.
    List<String> how = training.beginningWith("ema_");
    boolean averaged = training.file.booleanValue(!lowRank || !how.isEmpty(), "use_ema");
    training.take("use_ema");
    if (averaged) {
      average(training, length, averagedUpdates);
    } else if (!how.isEmpty()) {
      throw new CurrywurstException(
          "%s: use_ema is off, so nothing is averaged, but there is %s; leave one of them out."
              .formatted(training.origin(), String.join(", ", how)));
    } else {
      json.put("ema_decay", 0);
    }
    training.orElse("lr_warmup_steps", (int) Math.min(LONGEST_WARMUP, length.steps() / 10));
    if (training.has("validation_epochs")) {
      long every = training.whole("validation_epochs", 1) * length.stepsPerEpoch();
      json.put("validation_steps", every);
      training.take("validation_epochs");
    }
    if (!json.has("validation_steps")) {
      json.put("validation_steps", (int) roundedUp(length.steps(), EVALUATIONS));
    }
    if (!training.has("validation_at_start")) {
      json.put("validation_at_start", true);
    }
    if (!training.has("save")) {
      // Whole models with a LoRA in them are large, and its file is what is wanted.
      json.put("save", !lowRank ? "both" : averaged ? "ema" : "live");
    } else if (!averaged && !json.path("save").asText().equals("live")) {
      throw new CurrywurstException(
          "%s: save is %s, but this run averages nothing; leave it out, or add use_ema."
              .formatted(training.origin(), json.path("save")));
    }
  }

  private static void average(Part training, Length length, long averagedUpdates) {
    ObjectNode json = training.json;
    if (!training.has("ema_ramp")) {
      json.put("ema_ramp", training.has("ema_initial_updates") ? "counted" : "constant");
    }
    if (!training.has("ema_initial_updates") && averagedUpdates > 0) {
      json.put("ema_initial_updates", (int) Math.min(Integer.MAX_VALUE, averagedUpdates));
    }
    if (!training.has("ema_decay")) {
      boolean eachPart = training.file.booleanValue(false, "ema_per_batch");
      long updates = length.steps() * (eachPart ? length.parts() : 1);
      json.put("ema_decay", Math.max(0.5, 1 - FORGETTING / updates));
    }
  }
}
