package dev.currywurst.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.data.Split;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.report.ModelCard;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.stage.Lessons;
import dev.currywurst.train.stage.MemoryEstimate;
import dev.currywurst.train.stage.PictureRecipe;
import dev.currywurst.train.stage.Preservation;
import dev.currywurst.train.stage.RunConfig;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.stage.StageRecipe;
import dev.currywurst.train.stage.Stopping;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One training: a set of captioned pictures in, a model folder out.
 *
 * <pre>{@code
 * try (TrainingRun run = TrainingRun.open(request)) {
 *   Optional<Path> model = run.train(listener);
 * }
 * }</pre>
 *
 * <p>The same request goes on where the last one ended, be it by {@link #stop} or by a crash, and
 * ends with the weights of a run that never ended in between, byte for byte on the same machine
 * with the same number of threads.
 */
public final class TrainingRun implements AutoCloseable {
  /**
   * What to train.
   *
   * @param stage of the model
   * @param data folder, archives or pattern of captioned pictures, see {@link Dataset}
   * @param output folder for everything that the run writes: its checkpoints, log, evaluations and
   *     the model
   * @param model with the stages trained before. Where it has this very stage, that one is trained
   *     further.
   * @param config sizes, objective, data and training; see {@link RunConfig}
   * @param resolution of the pictures, in pixels
   * @param given settings that stand on the command line
   */
  public record Request(
      StageName stage,
      Path data,
      Path output,
      Optional<ModelFolder> model,
      ConfigFile config,
      int resolution,
      TrainingSettings.Given given) {}

  private final RunFolder folder;
  private final Stage stage;
  private final Trainer trainer;
  private final Provenance provenance;
  private final Power power;
  private final List<String> notices;

  private TrainingRun(
      RunFolder folder,
      Stage stage,
      Trainer trainer,
      Provenance provenance,
      Power power,
      List<String> notices) {
    this.folder = folder;
    this.stage = stage;
    this.trainer = trainer;
    this.provenance = provenance;
    this.power = power;
    this.notices = List.copyOf(notices);
  }

  /**
   * Checks everything, locks the output folder, and reads pictures and networks.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if settings, sizes, pictures or model do not
   *     fit, or the output folder belongs to another run or is used by one
   */
  public static TrainingRun open(Request request) {
    return open(request, Start.usual());
  }

  /**
   * As {@link #open(Request)}, and says where the run goes on and what it repeats.
   *
   * @throws dev.currywurst.tensor.CurrywurstException also if there is no such checkpoint, or the
   *     run is not the one that it should repeat
   */
  public static TrainingRun open(Request request, Start start) {
    return open(request, start, GenerationListener.silent());
  }

  /**
   * As {@link #open(Request, Start)}, and tells how far the painting of class pictures is, if a
   * class is preserved: it comes after what settings, folder and model's shapes refuse.
   *
   * @throws dev.currywurst.pipeline.GenerationCancelledException if the listener ends it
   */
  public static TrainingRun open(Request request, Start start, GenerationListener painting) {
    return open(request, start, painting, Disk.REAL);
  }

  /** As above, with a disk for checkpoints that may fail. */
  static TrainingRun open(Request request, Start start, Disk disk) {
    return open(request, start, GenerationListener.silent(), disk);
  }

  private static TrainingRun open(
      Request request, Start start, GenerationListener painting, Disk disk) {
    RunConfig config = new RunConfig(request.config(), request.stage());
    TrainingSettings settings = TrainingSettings.read(config.part("training"), request.given());
    if (settings.checkpointing() && request.stage() != StageName.STAGE_C) {
      throw new CurrywurstException(
          "gradient_checkpointing is there for %s alone, not for %s."
              .formatted(StageName.STAGE_C.key(), request.stage().key()));
    }
    PictureRecipe pictures = PictureRecipe.read(config.part("data"), request.resolution());
    StageRecipe recipe =
        StageRecipe.read(
            config, request.resolution(), request.model(), RunFolder.kept(request.output()));
    recipe.check(pictures.plan(), settings.checkpointing(), settings.saved());
    Dataset dataset = Dataset.open(request.data(), pictures.columns());
    List<CaptionedImage> images = dataset.images();
    Split split = pictures.split(images, request.data());
    RunDescription description = describe(request, settings, pictures, recipe, images);
    start.repeats().ifPresent(run -> run.check(description));
    RunFolder folder = RunFolder.open(request.output(), disk);
    boolean opened = false;
    try {
      folder.check(start.resume());
      folder.requireFreeFor(description);
      List<CaptionedImage> classPictures =
          classPictures(request).map(wanted -> wanted.complete(painting)).orElse(List.of());
      RunDescription whole = description.with(classPictures);
      start.repeats().ifPresent(run -> run.check(whole));
      folder.claim(whole, start.resume());
      Stopping stopping = new Stopping();
      Lessons lessons = lessons(pictures, split, classPictures, settings, stopping);
      List<String> notices = new ArrayList<>(dataset.notices());
      notices.addAll(recipe.notices());
      lessons.training().report().plus(lessons.heldOut().report()).notice().ifPresent(notices::add);
      lessons.training().notice().ifPresent(notices::add);
      Provenance provenance = Provenance.begin(folder, request, start, settings.power());
      Stage stage = recipe.build(lessons);
      notices.addAll(stage.notices());
      Judging judging = new Judging(stage, lessons.heldOut().size() > 0, settings, folder);
      Trainer trainer =
          new Trainer(stage, judging, settings, folder, start.resume(), provenance, stopping);
      opened = true;
      return new TrainingRun(folder, stage, trainer, provenance, settings.power(), notices);
    } finally {
      if (!opened) {
        folder.giveBack();
        folder.close();
      }
    }
  }

  /**
   * The memory that a training will take, where its stage can tell; nothing large is read for it.
   *
   * @throws dev.currywurst.tensor.CurrywurstException as {@link #open(Request)} does for settings
   */
  public static Optional<MemoryEstimate> memory(Request request) {
    RunConfig config = new RunConfig(request.config(), request.stage());
    TrainingSettings settings = TrainingSettings.read(config.part("training"), request.given());
    return StageRecipe.read(
            config, request.resolution(), request.model(), RunFolder.kept(request.output()))
        .memory(
            settings.learning(), settings.batchSize(), settings.dtype(), settings.checkpointing());
  }

  private static RunDescription describe(
      Request request,
      TrainingSettings settings,
      PictureRecipe pictures,
      StageRecipe recipe,
      List<CaptionedImage> images) {
    ObjectNode json = ConfigFile.newObject();
    json.put("stage", request.stage().key());
    json.put("resolution", request.resolution());
    json.set("training", settings.toJson());
    json.set("data", pictures.describe(images));
    json.setAll(recipe.describe());
    return new RunDescription(json);
  }

  /** The pictures that a run paints before it begins, if it preserves a class. */
  static Optional<ClassPictures> classPictures(Request request) {
    if (request.stage() != StageName.STAGE_C) {
      return Optional.empty();
    }
    return Preservation.read(new RunConfig(request.config(), request.stage()).part("objective"))
        .map(wanted -> ClassPictures.of(request, wanted));
  }

  private static Lessons lessons(
      PictureRecipe recipe,
      Split split,
      List<CaptionedImage> classPictures,
      TrainingSettings settings,
      Stopping stopping) {
    Draws draws = new Draws(settings.seed());
    int samples = settings.samplesPerStep();
    return new Lessons(
        new PictureBatches(split.training(), recipe.plan(), draws, samples, settings.batchSize()),
        new PictureBatches(split.heldOut(), recipe.plan().squares(), draws, samples),
        classPictures.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new PictureBatches(
                    classPictures,
                    recipe.plan().squares(),
                    new Draws(draws.key(Draws.Purpose.CLASS_PICTURES, 0, 0)),
                    samples)),
        draws,
        settings.learning(),
        settings.dtype(),
        settings.batchSize(),
        settings.parts(),
        settings.checkpointing(),
        settings.steps(),
        settings.saved(),
        stopping);
  }

  /**
   * Trains to the last step, from the newest checkpoint if there is one. If the disk has no room
   * for the last checkpoint, the model is written all the same and the listener is told.
   *
   * @return the model's folder; empty if {@link #stop} came before the last step
   * @throws dev.currywurst.tensor.CurrywurstException if losses are not finite again and again, or
   *     the disk is full
   */
  public Optional<Path> train(TrainingListener listener) {
    notices.forEach(listener::noticed);
    if (!trainer.run(listener)) {
      return Optional.empty();
    }
    stage.save(folder.model());
    List<Path> models = new ArrayList<>(List.of(folder.model()));
    describe(folder.model(), "those that the run recommends");
    stage
        .variants()
        .forEach(
            (name, writer) -> {
              writer.accept(folder.variant(name));
              describe(folder.variant(name), "the " + name + " ones");
              models.add(folder.variant(name));
            });
    provenance.made(models);
    trainer
        .unsaved()
        .ifPresent(
            missing ->
                listener.noticed(
                    missing.getMessage()
                        + " The model is written, but a longer training cannot go on from its last"
                        + " step."));
    return Optional.of(folder.model());
  }

  /**
   * Practises a few steps to tell how long all of them would take. Their learning is lost with this
   * object: train with another one.
   */
  public Rehearsal rehearse() {
    TimeEstimate time = trainer.rehearse();
    return new Rehearsal(time, power.over(time.seconds()));
  }

  /** How long a training will take, and what energy. */
  public record Rehearsal(TimeEstimate time, EnergyEstimate energy) {}

  private void describe(Path model, String weights) {
    ModelCard.write(model, weights, provenance.json(), trainer.history());
  }

  /** What the run has taken since its first start. */
  public EnergyEstimate energy() {
    return provenance.energy();
  }

  /**
   * What an evaluation found.
   *
   * @param step after which it was; 0 for before the first
   * @param figure such as {@code loss}
   * @return empty if there was none, or it did not say
   */
  public OptionalDouble heldOut(long step, String figure) {
    return RunLog.heldOut(folder.log(), step, figure);
  }

  /**
   * Asks a training to end after the current step, with a checkpoint, or in an evaluation, which is
   * made up for when it goes on. From any thread.
   */
  public void stop() {
    trainer.stop();
  }

  /** Lets go of the networks and of the output folder. */
  @Override
  public void close() {
    stage.close();
    folder.close();
  }
}
