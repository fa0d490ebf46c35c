package dev.currywurst.train.stage;

import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.Draws;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.data.Preparation;
import dev.currywurst.train.data.Preparation.Augmentation;
import dev.currywurst.train.data.Preparation.Trim;
import dev.currywurst.train.data.Split;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
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
  public Pictures pictures(Path folder) {
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
    Colouring colouring = new Colouring(data.doubleValue(0, "recolour"));
    Split split =
        Split.byContent(ImageFolder.DEFAULT.list(folder), data.doubleValue(0.1, "held_out"));
    data.requireAllKnown();
    if (split.training().isEmpty() || split.heldOut().isEmpty()) {
      throw new CurrywurstException(
          "%s has too few pictures (%d to train on, %d held out); add pictures or change held_out."
              .formatted(folder, split.training().size(), split.heldOut().size()));
    }
    Function<List<CaptionedImage>, PictureBatches> batches =
        images -> new PictureBatches(images, preparation, colouring, draws, settings.batchSize());
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
    Pictures pictures = pictures(data);
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
