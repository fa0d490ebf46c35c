package dev.currywurst.train.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.TrainingListener;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Training runs of 16 pixels: Stage C works on 3x3 maps and Stage B on 4x4 latents, in the
 * published arrangement. A step takes milliseconds.
 *
 * @param folder where pictures and outputs lie
 */
public record TinyRun(Path folder) {
  public static final int RESOLUTION = 16;

  private static final ObjectMapper JSON = new ObjectMapper();

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
       "vision_encoder": {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
         "patch_size": 8},
       "data": {"flip": 0.5, "random_crop": true, "variants": 3, "held_out": 0.3},
       "training": {"ema_decay": 0.99, "lr_warmup_steps": 3, "lr_scheduler": "cosine",
                    "checkpointing_steps": 4, "validation_steps": 6},
       "validation": {"decoder_steps": 2, "decoder_guidance": 2, "pictures": 2},
       "clip": {"text_encoder": {"hidden_size": 8, "num_hidden_layers": 1,
                                 "num_attention_heads": 2}}}
      """;

  private static final List<String> COLOURS = List.of("red", "green", "blue", "yellow", "gray");

  private static final List<Rgb> VALUES =
      List.of(
          new Rgb(220, 30, 30),
          new Rgb(30, 180, 60),
          new Rgb(40, 60, 220),
          new Rgb(240, 220, 40),
          new Rgb(128, 128, 128));

  /** Draws pictures into {@code folder/pictures}: coloured boxes on white, with captions. */
  public TinyRun withPictures(int count) throws IOException {
    Path pictures = Files.createDirectories(pictures());
    StringBuilder lines = new StringBuilder();
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < count; i++) {
      int colour = i % COLOURS.size();
      int width = 6 + random.nextInt(10);
      int height = 6 + random.nextInt(10);
      Image box = Image.filled(width, height, VALUES.get(colour));
      Image picture = box.placedOn(24, 20, random.nextInt(8), random.nextInt(6), Rgb.WHITE);
      Png.write(picture, pictures.resolve(i + ".png"));
      lines
          .append("{\"file_name\": \"%d.png\", \"text\": ".formatted(i))
          .append("\"a %s box, %d wide\"}\n".formatted(COLOURS.get(colour), width));
    }
    Files.writeString(pictures.resolve("metadata.jsonl"), lines);
    return this;
  }

  public Path pictures() {
    return folder.resolve("pictures");
  }

  /** The standard configuration, to be changed at will. */
  public static ObjectNode config() {
    try {
      return (ObjectNode) JSON.readTree(CONFIG);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link #request(StageName, Path, Optional, long, ObjectNode)} with the standard one. */
  public TrainingRun.Request request(
      StageName stage, Path output, Optional<Path> model, long steps) {
    return request(stage, output, model, steps, config());
  }

  /** A run with batches of 4 and a rate of 1e-3 in float32. */
  public TrainingRun.Request request(
      StageName stage, Path output, Optional<Path> model, long steps, ObjectNode config) {
    return new TrainingRun.Request(
        stage,
        pictures(),
        output,
        model.map(ModelFolder::open),
        ConfigFile.of("the test's configuration", config),
        RESOLUTION,
        new TrainingSettings.Given(steps, 4, 1e-3, 7, DType.FLOAT32));
  }

  /** The same run with products in bfloat16. */
  public static TrainingRun.Request inBfloat16(TrainingRun.Request request) {
    TrainingSettings.Given given = request.given();
    return with(
        request,
        new TrainingSettings.Given(
            given.steps(), given.batchSize(), given.learningRate(), given.seed(), DType.BFLOAT16));
  }

  /** The same run with other settings of the command line. */
  public static TrainingRun.Request with(
      TrainingRun.Request request, TrainingSettings.Given given) {
    return new TrainingRun.Request(
        request.stage(),
        request.data(),
        request.output(),
        request.model(),
        request.config(),
        request.resolution(),
        given);
  }

  /** Trains to the end and gives the model's folder. */
  public static Path train(TrainingRun.Request request) {
    try (TrainingRun run = TrainingRun.open(request)) {
      return run.train(new TrainingListener() {}).orElseThrow();
    }
  }

  /** A model of all stages, each trained for a few steps, in {@code folder}. */
  public Path wholeModel(long steps) {
    Path a = train(request(StageName.STAGE_A, folder.resolve("a"), Optional.empty(), steps));
    Path b = train(request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), steps));
    return train(request(StageName.STAGE_C, folder.resolve("c"), Optional.of(b), steps));
  }
}
