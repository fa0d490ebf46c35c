package dev.currywurst.cli;

import dev.currywurst.hub.DownloadListener;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.TrainingRun.Request;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst train}: a stage from captioned pictures. */
@Command(
    name = "train",
    header = "Trains a stage on a folder of captioned pictures.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples, in this order:",
      "  currywurst train stage-a --data pictures --output run-a --config small.json --steps 20000",
      "  currywurst train stage-b --data pictures --output run-b --model run-a/model --config small.json",
      "  currywurst train stage-c --data pictures --output run-c --model run-b/model --config small.json",
      "  currywurst train clip --data pictures --output run-clip --config small.json --batch-size 128",
      "",
      "Pictures are captioned by metadata.jsonl (file_name, text), or by a .txt of the same name. Stage",
      "B is trained together with the image encoder, whose latents Stage C then learns to paint. Where",
      "its --model has no text tower for it, a fresh one is drawn and stays as it is. A CLIP, which",
      "judges how well pictures go with their captions, builds on no stage.",
      "",
      "The same command goes on where a run ended, be it by Ctrl-C (which waits for the step and a",
      "checkpoint; a second one does not) or by a crash. DIR/checkpoints holds what that needs,",
      "DIR/evaluation pictures that were held out and what became of them, DIR/model the result."
    })
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "STAGE", description = "${COMPLETION-CANDIDATES}")
  private StageName stage = StageName.STAGE_A;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      required = true,
      description = {
        "Captioned pictures: a folder, Parquet files, WebDataset tars, a pattern such as",
        "'shards/{000..099}.tar', an address, or - for a tar through standard input."
      })
  private Path data = Path.of("");

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Folder for checkpoints, evaluations and the model.")
  private Path output = Path.of("");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "JSON with sizes, objective, data and training; docs/training.md tells its keys.")
  private @Nullable Path config;

  @Option(
      names = "--model",
      paramLabel = "DIR|owner/name",
      description = {
        "The model with the stages trained before. If it has the stage itself, that one is trained",
        "further; give one without it to begin anew."
      })
  private @Nullable String model;

  @Option(
      names = "--resolution",
      paramLabel = "N",
      defaultValue = "512",
      description = "The pictures' sides in pixels. Default: ${DEFAULT-VALUE}")
  private int resolution;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "8",
      description = "Pictures a step. Default: ${DEFAULT-VALUE}")
  private int batchSize;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Steps of the whole run. Default: ${DEFAULT-VALUE}")
  private long steps;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      defaultValue = "1e-4",
      description = "At its peak. Default: ${DEFAULT-VALUE}")
  private double learningRate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of everything random: the same seed, the same run. Default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description =
          "What products are computed in: ${COMPLETION-CANDIDATES}. Weights and updates are float32.")
  private Precision precision = Precision.AUTO;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  /** The types that training computes in; float16 would need its losses scaled. */
  enum Precision {
    AUTO,
    FLOAT32,
    BFLOAT16;

    private Optional<DType> type() {
      return this == AUTO ? Optional.empty() : Optional.of(DType.valueOf(name()));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  public Integer call() {
    check();
    return OutputFile.into(output, this::run);
  }

  private int run() {
    threads.apply();
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      Request request = request(new Downloads(progress, interruption));
      try (TrainingRun run = TrainingRun.open(request)) {
        interruption.check("Interrupted before the first step.");
        interruption.whenRequested(run::stop);
        TrainingProgress listener = new TrainingProgress(stage.toString(), steps, progress);
        Path result = run.train(listener).orElseThrow(listener::interrupted);
        progress.close();
        spec.commandLine().getOut().println(result);
      }
    }
    return 0;
  }

  /** What would otherwise come to light after the pictures are read. */
  private void check() {
    Dataset.requireThere(data);
    if (config != null && !Files.isRegularFile(config)) {
      throw new CurrywurstException(
          "There is no file " + config + "; give a configuration, or leave --config out.");
    }
    if (steps < 1 || batchSize < 1) {
      throw new CurrywurstException(
          "There are %d steps of %d pictures; give at least 1 step and 1 picture."
              .formatted(steps, batchSize));
    }
    if (resolution < 1 || resolution > 8192) {
      throw new CurrywurstException(
          "The resolution is %d pixels; give 1 to 8192.".formatted(resolution));
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new CurrywurstException(
          "The learning rate is %s; give a number above 0, such as 1e-4.".formatted(learningRate));
    }
  }

  private Request request(DownloadListener downloads) {
    ConfigFile file =
        config == null
            ? ConfigFile.of("the default configuration", ConfigFile.newObject())
            : ConfigFile.read(config);
    DType type =
        precision
            .type()
            .orElseGet(() -> Engine.multipliesBfloat16() ? DType.BFLOAT16 : DType.FLOAT32);
    Optional<ModelFolder> basis = Optional.ofNullable(model).map(name -> basis(name, downloads));
    return new Request(
        stage,
        data,
        output,
        basis,
        file,
        resolution,
        new TrainingSettings.Given(steps, batchSize, learningRate, seed, type));
  }

  /** Published models lack the image encoder that they were made with: it lies elsewhere. */
  private ModelFolder basis(String name, DownloadListener downloads) {
    ModelLocator locator = ModelLocator.standard(downloads);
    ModelFolder found = stage == StageName.STAGE_C ? locator.find(name) : locator.locate(name);
    boolean goesOn =
        switch (stage) {
          case STAGE_A, CLIP -> false;
          case STAGE_B -> found.has(Component.DECODER);
          case STAGE_C -> found.has(Component.PRIOR);
        };
    return goesOn ? locator.withImageEncoder(found) : found;
  }
}
