package dev.currywurst.train.stage;

import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.train.Draws;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.data.Preparation;
import dev.currywurst.train.data.Preparation.Augmentation;
import dev.currywurst.train.data.Preparation.Trim;
import dev.currywurst.train.data.Split;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file for training a stage: its parts "data", "training", "objective" and one for
 * each network. Everything has a default, so an empty object trains the published size.
 */
public final class StageRecipe {
  private final ConfigFile file;
  private final TrainingSettings settings;
  private final Draws draws;
  private final int resolution;

  public StageRecipe(ConfigFile file, int resolution, TrainingSettings.Given given) {
    this.file = file;
    this.settings = TrainingSettings.read(part("training"), given);
    this.draws = new Draws(settings.seed());
    this.resolution = resolution;
  }

  public TrainingSettings settings() {
    return settings;
  }

  private ConfigFile part(String name) {
    return ConfigFile.of(
        file.origin() + ", " + name, file.has(name) ? file.node(name) : ConfigFile.newObject());
  }

  /** The pictures of a folder, split and prepared. */
  public record Pictures(PictureBatches training, PictureBatches heldOut) {}

  /** Reads "data": trimming, augmentation and the part that is held out. */
  Pictures pictures(Path folder, boolean ahead) {
    ConfigFile data = part("data");
    double trim = data.doubleValue(-1, "trim_margin");
    Preparation plain = Preparation.centerCrop(resolution);
    Preparation preparation =
        new Preparation(
            resolution,
            plain.background(),
            plain.filter(),
            trim < 0
                ? Optional.empty()
                : Optional.of(new Trim(trim, data.intValue(0, "trim_tolerance"))),
            new Augmentation(
                data.doubleValue(0, "flip"),
                data.doubleValue(0, "shift"),
                data.intValue(0, "random_crop") == 1));
    PictureBatches.Plan plan =
        new PictureBatches.Plan(
            preparation, data.doubleValue(0, "recolour"), data.intValue(0, "variants"), ahead);
    Split split =
        Split.byContent(ImageFolder.DEFAULT.list(folder), data.doubleValue(0.1, "held_out"));
    data.requireAllKnown();
    if (split.training().isEmpty() || split.heldOut().isEmpty()) {
      throw new CurrywurstException(
          "%s has too few pictures (%d to train on, %d held out); add pictures or change held_out."
              .formatted(folder, split.training().size(), split.heldOut().size()));
    }
    Function<List<CaptionedImage>, PictureBatches> batches =
        images -> new PictureBatches(images, plan, draws, settings.batchSize());
    return new Pictures(batches.apply(split.training()), batches.apply(split.heldOut()));
  }

  /**
   * The training of a stage.
   *
   * @param name stage-a, stage-b or stage-c
   * @param data folder of captioned pictures
   * @param model folder with the stages that this one builds on; null for Stage A
   */
  public Stage stage(String name, Path data, @Nullable Path model) {
    return switch (name) {
      case "stage-a" -> stageA(data);
      case "stage-b" -> stageB(data, required(name, model));
      case "stage-c" -> stageC(data, required(name, model));
      default ->
          throw new CurrywurstException(
              "The stage \"%s\" is not known; use stage-a, stage-b or stage-c.".formatted(name));
    };
  }

  private Stage stageA(Path data) {
    StageAConfig config = StageAConfig.read(part("vqgan"));
    ConfigFile objective = part("objective");
    StageATraining.Objective goals =
        new StageATraining.Objective(
            objective.doubleValue(0.5, "absolute_error"),
            objective.doubleValue(1.0, "quantized_share"),
            objective.doubleValue(1.0, "codebook"),
            objective.doubleValue(0.0, "adversarial"),
            objective.intValue(0, "adversarial_from"));
    objective.requireAllKnown();
    Pictures pictures = pictures(data, true);
    return new StageATraining(
        new StageA(config, fresh(0)),
        goals.adversarial() > 0 ? discriminator() : null,
        goals,
        settings.learning(),
        pictures.training(),
        pictures.heldOut(),
        draws,
        settings.dtype());
  }

  private static Path required(String stage, @Nullable Path model) {
    if (model == null) {
      throw new CurrywurstException(
          "%s builds on the stages before it; give their folder with --model.".formatted(stage));
    }
    return model;
  }

  private Stage stageB(Path data, Path model) {
    StageA stageA =
        TrainedParts.load(
            model.resolve("decoder/vqgan"),
            "diffusion_pytorch_model",
            StageAConfig::read,
            StageA::new);
    ImageEncoderConfig encoder = ImageEncoderConfig.read(part("image_encoder"));
    StageBConfig config = StageBConfig.read(part("decoder"));
    ConfigFile objective = part("objective");
    StageBTraining.Objective goals =
        new StageBTraining.Objective(
            NoiseObjective.read(objective),
            objective.doubleValue(0.05, "map_dropped"),
            objective.doubleValue(0.3, "map_noised"),
            objective.doubleValue(0.5, "map_noise_level"),
            objective.doubleValue(0.05, "caption_dropped"));
    objective.requireAllKnown();
    Pictures pictures = pictures(data, true);
    return new StageBTraining(
        stageA,
        new ImageEncoder(encoder, fresh(2)),
        new StageB(config, fresh(3)),
        textTower(data, model.resolve("decoder"), config.textWidth(), 4),
        goals,
        settings.learning(),
        pictures,
        draws,
        settings.dtype());
  }

  private Stage stageC(Path data, Path model) {
    StageCConfig config = StageCConfig.read(part("prior"));
    ConfigFile objective = part("objective");
    StageCTraining.Objective goals =
        new StageCTraining.Objective(
            NoiseObjective.read(objective),
            objective.doubleValue(0.05, "caption_dropped"),
            objective.intValue(0, "train_text_encoder") == 1);
    objective.requireAllKnown();
    Path encoderFolder = model.resolve("image_encoder");
    ImageEncoder encoder =
        TrainedParts.load(
            encoderFolder, "diffusion_pytorch_model", ImageEncoderConfig::read, ImageEncoder::new);
    Pictures pictures = pictures(data, false);
    FeatureStore kept =
        new FeatureStore(
            model.resolve("kept"),
            TrainedParts.fingerprint(encoderFolder, part("data"), resolution));
    StageCTargets.Scale scale = StageCTargets.measure(encoder, pictures.training(), kept);
    return new StageCTraining(
        new StageC(config, fresh(5)),
        textTower(data, model.resolve("prior"), config.textWidth(), 6),
        new StageCTargets(encoder, scale, kept),
        goals,
        settings.learning(),
        pictures,
        draws,
        settings.dtype());
  }

  /** The pipeline folder's own tokenizer and tower, or a small fresh one for these captions. */
  private TextTower textTower(Path data, Path pipeline, int width, int network) {
    if (Files.isDirectory(pipeline.resolve("text_encoder"))) {
      return new TextTower(
          ClipTokenizer.load(pipeline.resolve("tokenizer")),
          TrainedParts.load(
              pipeline.resolve("text_encoder"),
              "model",
              ClipTextConfig::read,
              ClipTextEncoder::new));
    }
    ConfigFile tokens = part("tokenizer");
    List<String> captions =
        ImageFolder.DEFAULT.list(data).stream()
            .flatMap(image -> image.captions().stream())
            .toList();
    ClipTokenizer tokenizer =
        ClipTokenizer.train(
            captions, tokens.intValue(2000, "merges"), tokens.intValue(77, "max_length"));
    tokens.requireAllKnown();
    ConfigFile size = part("text_encoder");
    ClipTextConfig config =
        new ClipTextConfig(
            width,
            size.intValue(3, "num_hidden_layers"),
            size.intValue(4, "num_attention_heads"),
            size.intValue(4 * width, "intermediate_size"),
            tokenizer.vocabularySize(),
            tokenizer.maxLength(),
            ClipTextConfig.Activation.GELU,
            1e-5);
    size.requireAllKnown();
    return new TextTower(tokenizer, new ClipTextEncoder(config, fresh(network)));
  }

  private @Nullable Discriminator discriminator() {
    ConfigFile size = part("discriminator");
    Discriminator network =
        new Discriminator(size.intValue(6, "depth"), size.intValue(512, "width"), fresh(1));
    size.requireAllKnown();
    return network;
  }

  /** Fresh weights; each network of a run has its own stream. */
  private Parameters fresh(int network) {
    return Parameters.fresh(draws.key(Draws.Purpose.INITIAL_WEIGHTS, 0, network));
  }

  /** The type that products are computed in. */
  public DType dtype() {
    return settings.dtype();
  }
}
