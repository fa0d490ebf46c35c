package dev.currywurst.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.train.TrainingListener;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a small model for thousands of steps, generates with it, and watches the memory. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains a small model of all three stages, generates pictures with it, and tells live tensors",
      "and the process's memory on the way. Ends with 1 if either grows."
    })
final class Soak implements Callable<Integer> {
  private static final int RESOLUTION = 32;
  private static final int PICTURES = 40;

  /** The published arrangement at a size whose steps take milliseconds. */
  private static final String CONFIG =
      """
      {"vqgan": {"levels": 2, "bottleneck_blocks": 1, "embed_dim": 8, "latent_channels": 4,
                 "num_vq_embeddings": 16},
       "discriminator": {"depth": 2, "width": 8},
       "image_encoder": {"c_latent": 4, "c_cond": 8, "effnet": {"last_channel": 8,
         "stochastic_depth_prob": 0.2,
         "stages": [{"block": "fused", "expand_ratio": 2, "kernel": 3, "stride": 2,
                     "in_channels": 4, "out_channels": 4, "layers": 2}]}},
       "decoder": {"c_in": 4, "c_out": 4, "c_r": 8, "patch_size": 2, "c_cond": 8, "clip_embd": 8,
         "effnet_embd": 4, "kernel_size": 3, "c_hidden": [8, 8], "nhead": [-1, 2],
         "blocks": [1, 1], "level_config": ["CT", "CTA"], "inject_effnet": [false, true],
         "dropout": 0.1},
       "prior": {"c_in": 4, "c": 8, "c_cond": 8, "c_r": 8, "depth": 1, "nhead": 2, "dropout": 0.1},
       "tokenizer": {"merges": 10, "max_length": 12},
       "text_encoder": {"num_hidden_layers": 1, "num_attention_heads": 2},
       "data": {"flip": 0.5, "random_crop": true, "variants": 3, "held_out": 0.3},
       "training": {"ema_decay": 0.99, "checkpointing_steps": 1000, "validation_steps": 1000}}
      """;

  private static final List<Rgb> COLOURS =
      List.of(
          new Rgb(220, 30, 30), new Rgb(30, 180, 60), new Rgb(40, 60, 220), new Rgb(240, 220, 40));

  private static final List<String> NAMES = List.of("red", "green", "blue", "yellow");

  @Option(names = "--training-steps", description = "Of all stages; ${DEFAULT-VALUE}.")
  private int trainingSteps = 10_000;

  @Option(names = "--generations", description = "${DEFAULT-VALUE} by default.")
  private int generations = 1_000;

  @Option(names = "--threads", description = "1 by default: small layers gain nothing from more.")
  private int threads = 1;

  @Option(
      names = "--scratch",
      description = "For pictures, checkpoints and the model; a temporary folder by default.")
  private @Nullable Path scratch;

  @Override
  public Integer call() throws IOException {
    Engine.setThreads(threads);
    Path folder =
        scratch != null ? scratch : Files.createTempDirectory("currywurst-soak").toRealPath();
    draw(folder.resolve("pictures"));
    Optional<Path> model = Optional.empty();
    for (StageName stage : List.of(StageName.STAGE_A, StageName.STAGE_B, StageName.STAGE_C)) {
      model = Optional.of(train(stage, folder, model));
    }
    generate(model.orElseThrow());
    System.out.println("Neither live tensors nor memory grow.");
    return 0;
  }

  /** Coloured boxes on white. */
  private static void draw(Path folder) throws IOException {
    Files.createDirectories(folder);
    StringBuilder captions = new StringBuilder();
    for (int i = 0; i < PICTURES; i++) {
      int colour = i % COLOURS.size();
      Image box = Image.filled(10 + i % 7, 10 + i % 9, COLOURS.get(colour));
      Png.write(box.placedOn(40, 36, i % 11, i % 13, Rgb.WHITE), folder.resolve(i + ".png"));
      captions.append(
          "{\"file_name\": \"%d.png\", \"text\": \"a %s box\"}%n".formatted(i, NAMES.get(colour)));
    }
    Files.writeString(folder.resolve("metadata.jsonl"), captions);
  }

  private Path train(StageName stage, Path folder, Optional<Path> model) throws IOException {
    int steps = Math.max(1, trainingSteps / 3);
    TrainingRun.Request request =
        new TrainingRun.Request(
            stage,
            folder.resolve("pictures"),
            folder.resolve(stage.key()),
            model.map(ModelFolder::open),
            ConfigFile.of("the soak's configuration", (ObjectNode) Side.JSON.readTree(CONFIG)),
            RESOLUTION,
            new TrainingSettings.Given(steps, 4, 1e-3, 7, DType.FLOAT32));
    MemoryWatch watch = new MemoryWatch("training " + stage.key(), steps);
    try (TrainingRun run = TrainingRun.open(request)) {
      Optional<Path> trained =
          run.train(
              new TrainingListener() {
                @Override
                public void learned(long step, Stage.Learned learned, double learningRate) {
                  watch.done(step);
                }
              });
      watch.requireSteady();
      return trained.orElseThrow(
          () -> new CurrywurstException("The training of " + stage.key() + " was stopped."));
    }
  }

  private void generate(Path model) {
    MemoryWatch watch = new MemoryWatch("generation", generations);
    PipelineOptions options = PipelineOptions.standard().withType(DType.FLOAT32);
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(ModelFolder.open(model), options)) {
      for (int i = 1; i <= generations; i++) {
        GenerationRequest request =
            GenerationRequest.of("a " + NAMES.get(i % NAMES.size()) + " box")
                .withSeed(i)
                .withSize(RESOLUTION, RESOLUTION)
                .withSteps(2)
                .withDecoderSteps(2);
        var unused = pipeline.generate(request);
        watch.done(i);
      }
    }
    watch.requireSteady();
  }
}
