package dev.currywurst.cli;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.train.Checkpoints;
import dev.currywurst.train.Trainer;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageRecipe;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code currywurst train stage-a|stage-b|stage-c}: a model from captioned pictures. */
@Command(
    name = "train",
    description = "Trains a stage on a folder of captioned pictures; runs again where it stopped.")
final class TrainCommand implements Callable<Integer> {
  @Parameters(paramLabel = "STAGE", description = "stage-a, stage-b or stage-c.")
  private String stage = "";

  @Option(names = "--data", required = true, description = "Folder of captioned pictures.")
  private Path data = Path.of("");

  @Option(names = "--output", required = true, description = "Folder for checkpoints and model.")
  private Path output = Path.of("");

  @Option(names = "--config", description = "JSON file: networks, objective, data, training.")
  private @Nullable Path config;

  @Option(names = "--model", description = "Model folder with the stages trained before.")
  private @Nullable Path model;

  @Option(names = "--resolution", defaultValue = "512", description = "Side in pixels.")
  private int resolution;

  @Option(names = "--batch-size", defaultValue = "8", description = "Pictures a step.")
  private int batchSize;

  @Option(names = "--steps", defaultValue = "10000", description = "Steps of the whole run.")
  private long steps;

  @Option(names = "--learning-rate", defaultValue = "1e-4", description = "At its peak.")
  private double learningRate;

  @Option(names = "--seed", defaultValue = "0", description = "Of everything random.")
  private long seed;

  @Option(names = "--dtype", defaultValue = "auto", description = "auto, float32 or bfloat16.")
  private String dtype = "auto";

  @Option(names = "--threads", description = "CPU threads.")
  private @Nullable Integer threads;

  @Override
  public Integer call() {
    if (threads != null) {
      Engine.setThreads(threads);
    }
    ConfigFile file =
        config == null
            ? ConfigFile.of("the default configuration", ConfigFile.newObject())
            : ConfigFile.read(config);
    StageRecipe recipe =
        new StageRecipe(
            file,
            resolution,
            new TrainingSettings.Given(steps, batchSize, learningRate, seed, chosenType()));
    Checkpoints checkpoints = new Checkpoints(output.resolve("checkpoints"), 2, "");
    try (Stage training = recipe.stage(stage, data, model)) {
      Trainer trainer = new Trainer(training, recipe.settings(), checkpoints, new Printer(steps));
      if (trainer.run(output.resolve("evaluation"))) {
        training.save(output.resolve("model"));
      }
    }
    return 0;
  }

  private DType chosenType() {
    return switch (dtype) {
      case "auto" -> Engine.multipliesBfloat16() ? DType.BFLOAT16 : DType.FLOAT32;
      default -> DType.valueOf(dtype.toUpperCase(Locale.ROOT));
    };
  }

  /** A line now and then. */
  private static final class Printer implements Trainer.Listener {
    private static final int EVERY = 50;
    private final long total;
    private long began = System.nanoTime();
    private long from;
    private double smooth = Double.NaN;

    Printer(long total) {
      this.total = total;
    }

    @Override
    public void started(long fromStep) {
      from = fromStep;
      began = System.nanoTime();
      System.out.println(fromStep == 0 ? "Starting." : "Going on from step " + fromStep + ".");
    }

    @Override
    public void learned(long step, Stage.Learned learned, double learningRate) {
      double loss = learned.losses().get("loss");
      smooth = Double.isNaN(smooth) ? loss : smooth + 0.02 * (loss - smooth);
      if (step % EVERY == 0) {
        double seconds = (System.nanoTime() - began) / 1e9;
        double rate = (step - from) / seconds;
        System.out.printf(
            Locale.ROOT,
            "step %d/%d  loss %.5f  (%s)  grad %.3f  lr %.2g  %.2f steps/s  %.0f min left%n",
            step,
            total,
            smooth,
            format(learned.losses()),
            learned.gradientNorm(),
            learningRate,
            rate,
            (total - step) / rate / 60);
      }
    }

    @Override
    public void evaluated(long step, Map<String, Double> figures) {
      System.out.println("held out, step " + step + ": " + format(figures));
    }

    @Override
    public void saved(long step, Path checkpoint) {
      System.out.println("saved " + checkpoint);
    }

    private static String format(Map<String, Double> values) {
      return values.entrySet().stream()
          .map(e -> String.format(Locale.ROOT, "%s %.4f", e.getKey(), e.getValue()))
          .collect(Collectors.joining(", "));
    }
  }
}
