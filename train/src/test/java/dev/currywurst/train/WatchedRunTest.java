package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run shows of itself, and that it learns the same whether it is watched or not. */
class WatchedRunTest {
  private static final long STEPS = 8;

  @TempDir private static Path folder;
  private static TinyRun tiny;
  private static Path base;
  private static Path watched;
  private static Path model;
  private static final ObjectNode config = TinyRun.config();
  private static final List<String> told = new ArrayList<>();

  @BeforeAll
  static void train() throws IOException {
    tiny = new TinyRun(folder).withPictures(20);
    base = tiny.wholeModel(2);
    watched = folder.resolve("watched");
    config
        .withObject("/validation")
        .put("seed", 5)
        .put("num_images", 2)
        .putArray("prompts")
        .add("a red box")
        .add("a <b> & \"c\"");
    try (TrainingRun run = TrainingRun.open(request(watched, config))) {
      model =
          run.train(
                  new TrainingListener() {
                    @Override
                    public void sampled(long step, Path sheet) {
                      told.add(step + " " + sheet.getFileName());
                    }
                  })
              .orElseThrow();
    }
  }

  /** Fast enough for the average to lag visibly behind. */
  private static TrainingRun.Request request(Path output, ObjectNode config) {
    TrainingRun.Request usual =
        tiny.request(StageName.STAGE_C, output, Optional.of(base), STEPS, config);
    return TinyRun.with(usual, new TrainingSettings.Given(STEPS, 4, 0.1, 11, DType.FLOAT32));
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(file));
  }

  private static String page() throws IOException {
    return Files.readString(watched.resolve("index.html"));
  }

  @Test
  void paintsThePromptsBeforeTheFirstStepAtIntervalsAndAtTheEnd() throws IOException {
    assertThat(told)
        .containsExactly("0 step-00000000.png", "6 step-00000006.png", "8 step-00000008.png");
    JsonNode pictures = json(watched.resolve("samples/step-00000006.json")).path("pictures");
    List<String> rows = new ArrayList<>();
    pictures.forEach(
        one ->
            rows.add(
                "%s %d %s"
                    .formatted(
                        one.path("weights").asText(),
                        one.path("seed").asLong(),
                        one.path("prompt").asText())));
    assertThat(rows)
        .containsExactly(
            "live 5 a red box",
            "live 6 a red box",
            "live 5 a <b> & \"c\"",
            "live 6 a <b> & \"c\"",
            "EMA 5 a red box",
            "EMA 6 a red box",
            "EMA 5 a <b> & \"c\"",
            "EMA 6 a <b> & \"c\"");
    Image sheet = sheet(6);
    assertThat(sheet.width()).as("four across").isEqualTo(6 + 4 * (TinyRun.RESOLUTION + 6));
    assertThat(sheet.height()).as("two rows").isEqualTo(6 + 2 * (TinyRun.RESOLUTION + 6));
  }

  private static Image sheet(int step) {
    return ImageDecoder.DEFAULT
        .read(watched.resolve("samples/step-%08d.png".formatted(step)))
        .flatten(Rgb.WHITE);
  }

  /** Before the first step the average is the weights themselves. */
  @Test
  void showsLiveWeightsAboveAveragedOnes() {
    int row = TinyRun.RESOLUTION + 6;
    for (int step : new int[] {0, 8}) {
      Image sheet = sheet(step);
      Image live = sheet.crop(0, 6, sheet.width(), TinyRun.RESOLUTION);
      Image averaged = sheet.crop(0, 6 + row, sheet.width(), TinyRun.RESOLUTION);
      assertThat(live.equals(averaged)).as("step " + step).isEqualTo(step == 0);
    }
  }

  @Test
  void samplesAreWhatTheSavedModelPaints() {
    Image sample = sheet(8).crop(6 + 22, 6 + 22, TinyRun.RESOLUTION, TinyRun.RESOLUTION);
    try (WuerstchenPipeline pipeline =
        WuerstchenPipeline.of(
            ModelFolder.open(model), PipelineOptions.standard().withType(DType.FLOAT32))) {
      Image painted =
          pipeline
              .generate(
                  GenerationRequest.of("a red box")
                      .withDecoderSteps(2)
                      .withDecoderGuidance(2)
                      .withSeed(6))
              .image();
      byte[] expected = painted.rgb();
      byte[] actual = sample.rgb();
      for (int i = 0; i < expected.length; i++) {
        assertThat(Byte.toUnsignedInt(actual[i]))
            .as("value " + i)
            .isBetween(Byte.toUnsignedInt(expected[i]) - 2, Byte.toUnsignedInt(expected[i]) + 2);
      }
    }
  }

  @Test
  void learnsTheSameUnwatched() throws IOException {
    Path unwatched = folder.resolve("unwatched");
    ObjectNode plain = TinyRun.config();
    plain.withObject("/training").put("validation_steps", 0);
    plain.withObject("/validation").put("pictures", 0);
    TinyRun.train(request(unwatched, plain));
    String state = "checkpoints/step-%08d/state.safetensors".formatted(STEPS);
    assertThat(watched.resolve(state)).hasSameBinaryContentAs(unwatched.resolve(state));
    assertThat(unwatched.resolve("samples")).doesNotExist();
  }

  @Test
  void writesAPageThatNeedsNothingElse() throws IOException {
    assertThat(page())
        .contains("<h1>stage-c, watched</h1>", "Finished.", "8 of 8", "Loss", "held out")
        .contains(
            "Gradient norm", "Learning rate", "training.batch_size", "data:image/jpeg;base64,")
        .contains("href=\"samples/step-00000008.png\"", "href=\"samples/step-00000000.png\"")
        .contains("evaluation/step-00000008/paintings.png")
        .doesNotContain("http://", "https://", "src=\"/", "http-equiv=\"refresh\"");
    assertThat(ImageDecoder.DEFAULT.read(watched.resolve("loss.png")).width()).isEqualTo(1200);
  }

  @Test
  void saysWhatMadeIt() throws IOException {
    JsonNode made = json(watched.resolve("provenance.json"));
    assertThat(made.path("run")).isEqualTo(json(watched.resolve("run.json")).path("run"));
    assertThat(made.at("/run/data/pictures_and_captions").asText()).hasSize(64);
    assertThat(made.at("/run/model").properties()).isNotEmpty();
    assertThat(made.at("/sessions/0/from_step").asInt()).isZero();
    assertThat(made.at("/sessions/0/to_step").asLong()).isEqualTo(STEPS);
    assertThat(made.at("/versions/java").asText()).contains(System.getProperty("java.version"));
    String weights = "model/prior/prior/diffusion_pytorch_model.safetensors";
    assertThat(made.path("result").path(weights).asText())
        .isEqualTo(Fingerprint.ofFile(watched.resolve(weights)));
    assertThat(model.resolve("README.md"))
        .content()
        .contains("library_name: diffusers", "8 steps of 4 on 20 captioned pictures")
        .contains("Held out, loss: ", "|training.learning_rate|0.1|")
        .doesNotContain(folder.toString());
  }

  @Test
  void goesOnOnlyWhereItIsAskedTo() {
    Path fresh = folder.resolve("fresh");
    TrainingRun.Request request = request(fresh, TinyRun.config());
    assertThatThrownBy(() -> TrainingRun.open(request, Start.with(new Resume.Latest())))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "There is no checkpoint to resume from in "
                + fresh.resolve("checkpoints")
                + "; leave --resume out to begin.");
    assertThat(fresh.resolve("run.json")).doesNotExist();
    Path checkpoint = watched.resolve("checkpoints/step-00000004");
    TrainingRun.Request same = request(fresh, config);
    assertThat(stepsFrom(checkpoint, same, 2)).containsExactly(5L, 6L);
    assertThat(stepsFrom(checkpoint, same, 9)).as("its own newest").containsExactly(7L, 8L);
    String state = "checkpoints/step-%08d/state.safetensors".formatted(STEPS);
    assertThat(fresh.resolve(state)).hasSameBinaryContentAs(watched.resolve(state));
    Path another = watched.resolve("checkpoints/step-00000008");
    assertThatThrownBy(() -> TrainingRun.open(same, Start.with(new Resume.From(another))))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("has checkpoints of its own");
  }

  /** Begins elsewhere, is interrupted after a few steps, and tells them. */
  private static List<Long> stepsFrom(Path checkpoint, TrainingRun.Request request, int most) {
    List<Long> steps = new ArrayList<>();
    try (TrainingRun run = TrainingRun.open(request, Start.with(new Resume.From(checkpoint)))) {
      run.train(
          new TrainingListener() {
            @Override
            public void learned(long step, Stage.Learned learned, double learningRate) {
              steps.add(step);
              if (steps.size() == most) {
                run.stop();
              }
            }
          });
    }
    return steps;
  }

  @Test
  void readsWhereToGoOn() {
    assertThat(Resume.parse("latest", watched)).isEqualTo(new Resume.Latest());
    assertThat(Resume.parse("1200", watched)).isEqualTo(new Resume.AtStep(1200));
    assertThat(Resume.parse("checkpoint-1200", watched)).isEqualTo(new Resume.AtStep(1200));
    Path own = watched.resolve("checkpoints/step-00000004");
    assertThat(Resume.parse(own.toString(), watched)).isEqualTo(new Resume.AtStep(4));
    assertThat(Resume.parse(own.toString(), folder)).isEqualTo(new Resume.From(own));
  }

  @Test
  void leavesNoTemporaryFiles() throws IOException {
    try (Stream<Path> files = Files.walk(watched)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".tmp"));
    }
  }

  @Test
  void saysBeforeTheRunThatPromptsCannotBePainted() throws IOException {
    Path encoder = folder.resolve("encoder alone");
    Files.createDirectories(encoder.resolve("prior"));
    try (Stream<Path> files = Files.walk(base.resolve("image_encoder"))) {
      for (Path file : files.toList()) {
        Files.copy(file, encoder.resolve(base.relativize(file).toString()));
      }
    }
    ObjectNode prompt = TinyRun.config();
    prompt.withObject("/validation").putArray("prompts").add("a red box");
    assertThatThrownBy(
            () ->
                TrainingRun.open(
                    tiny.request(
                        StageName.STAGE_C,
                        folder.resolve("x"),
                        Optional.of(encoder),
                        STEPS,
                        prompt)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("The validation's prompts cannot be painted");
  }
}
