package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void pictures() throws IOException {
    tiny = new TinyRun(folder).withPictures(20);
  }

  private TrainingRun.Request stageA(Path output, ObjectNode config) {
    return tiny.request(StageName.STAGE_A, output, Optional.empty(), 2, config);
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(file));
  }

  @Test
  void threeStagesMakeAModelThatPaints() throws IOException {
    Path model = tiny.wholeModel(6);
    assertThat(model.resolve("latent_preview.safetensors")).exists();
    assertThat(json(model.resolve("decoder/model_index.json")).path("latent_dim_scale").asDouble())
        .isEqualTo(1.34);
    try (WuerstchenPipeline pipeline =
        WuerstchenPipeline.of(
            ModelFolder.open(model), PipelineOptions.standard().withType(DType.FLOAT32))) {
      GenerationRequest request =
          GenerationRequest.of("a red box").withSteps(3).withDecoderSteps(2).withSeed(1);
      Image picture = pipeline.generate(request).image();
      assertThat(picture.width()).isEqualTo(TinyRun.RESOLUTION);
      assertThat(picture.height()).isEqualTo(TinyRun.RESOLUTION);
    }
  }

  /** The first two held-out captions, as the model's own Stages B and A paint them. */
  @Test
  void showsWhatStageCPaints() {
    Path a = TinyRun.train(stageA(folder.resolve("a"), TinyRun.config()));
    Path b = TinyRun.train(tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), 2));
    TinyRun.train(tiny.request(StageName.STAGE_C, folder.resolve("c"), Optional.of(b), 2));
    Path sheet = folder.resolve("c/evaluation/step-00000002/paintings.png");
    assertThat(ImageDecoder.DEFAULT.read(sheet).width())
        .isBetween(2 * TinyRun.RESOLUTION, 4 * TinyRun.RESOLUTION);
  }

  @Test
  void paintsNothingWithoutStagesThatPaint() throws IOException {
    Path a = TinyRun.train(stageA(folder.resolve("a"), TinyRun.config()));
    Path b = TinyRun.train(tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), 2));
    Path encoder = folder.resolve("encoder alone");
    Files.createDirectories(encoder.resolve("prior"));
    Files.move(b.resolve("image_encoder"), encoder.resolve("image_encoder"));
    TinyRun.train(tiny.request(StageName.STAGE_C, folder.resolve("c"), Optional.of(encoder), 2));
    assertThat(folder.resolve("c/evaluation/step-00000002/paintings.png")).doesNotExist();
  }

  @Test
  void writesDownWhatItIs() throws IOException {
    Path output = folder.resolve("a");
    TinyRun.train(stageA(output, TinyRun.config()));
    JsonNode run = json(output.resolve("run.json")).path("run");
    assertThat(run.path("stage").asText()).isEqualTo("stage-a");
    assertThat(run.path("resolution").asInt()).isEqualTo(16);
    assertThat(run.path("training").path("adam_beta2").asDouble()).isEqualTo(0.999);
    assertThat(run.path("objective").path("absolute_error").asDouble()).isEqualTo(0.5);
    assertThat(run.path("vqgan").path("embed_dim").asInt()).isEqualTo(8);
    assertThat(run.path("data").path("pictures").asInt()).isEqualTo(20);
    assertThat(Files.readAllLines(output.resolve("log.jsonl"))).hasSize(3);
  }

  @Test
  void refusesAnotherRunsFolderAndNamesTheDifference() throws IOException {
    Path output = folder.resolve("a");
    TinyRun.train(stageA(output, TinyRun.config()));
    ObjectNode other = TinyRun.config();
    other.withObject("/vqgan").put("embed_dim", 16);
    assertThatThrownBy(() -> TrainingRun.open(stageA(output, other)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            output
                + " belongs to another run: vqgan.embed_dim (8 there, 16 here); give the same settings, pictures and model, or choose another --output.");
    Files.writeString(tiny.pictures().resolve("metadata.jsonl"), changedCaption());
    assertThatThrownBy(() -> TrainingRun.open(stageA(output, TinyRun.config())))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("data.pictures_and_captions");
  }

  private String changedCaption() throws IOException {
    return Files.readString(tiny.pictures().resolve("metadata.jsonl")).replaceFirst("red", "pink");
  }

  @Test
  void goesOnWhereOnlyIntervalsChange() throws IOException {
    Path output = folder.resolve("a");
    TinyRun.train(stageA(output, TinyRun.config()));
    ObjectNode other = TinyRun.config();
    other.withObject("/training").put("checkpointing_steps", 100);
    assertThat(TinyRun.train(stageA(output, other))).exists();
  }

  /** A constant rate does not depend on the end, so a finished run can be prolonged. */
  @Test
  void prolongsARunWithAConstantRate() throws IOException {
    ObjectNode config = TinyRun.config();
    config.withObject("/training").put("lr_scheduler", "constant");
    Path output = folder.resolve("a");
    TinyRun.train(stageA(output, config));
    TinyRun.train(tiny.request(StageName.STAGE_A, output, Optional.empty(), 4, config));
    Path atOnce = folder.resolve("at once");
    TinyRun.train(tiny.request(StageName.STAGE_A, atOnce, Optional.empty(), 4, config));
    assertThat(output.resolve("checkpoints/step-00000004/state.safetensors"))
        .hasSameBinaryContentAs(atOnce.resolve("checkpoints/step-00000004/state.safetensors"));
  }

  @Test
  void twoRunsCannotShareAnOutput() {
    Path output = folder.resolve("a");
    try (TrainingRun first = TrainingRun.open(stageA(output, TinyRun.config()))) {
      assertThatThrownBy(() -> TrainingRun.open(stageA(output, TinyRun.config())))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("is used by another training that still runs");
    }
    TrainingRun.open(stageA(output, TinyRun.config())).close();
  }

  /** Pictures are decoded when the output is the run's already. */
  @Test
  void letsGoOfTheOutputWhereItCannotBegin() throws IOException {
    TinyRun few = new TinyRun(folder.resolve("few")).withPictures(4);
    Path broken = few.pictures().resolve("1.png");
    byte[] whole = Files.readAllBytes(broken);
    Files.writeString(broken, "no picture");
    Path output = folder.resolve("a");
    assertThatThrownBy(
            () -> TrainingRun.open(few.request(StageName.STAGE_A, output, Optional.empty(), 2)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("1.png");
    assertThat(output.resolve("run.json")).as("free for a better try").doesNotExist();
    Files.write(broken, whole);
    TrainingRun.open(few.request(StageName.STAGE_A, output, Optional.empty(), 2)).close();
  }

  /** Every stage: nothing is judged then, and all pictures are learned from. */
  @Test
  void trainsWithoutHeldOutPictures() throws IOException {
    ObjectNode config = TinyRun.config();
    config.withObject("/data").put("held_out", 0);
    Optional<Path> model = Optional.empty();
    for (StageName stage :
        new StageName[] {StageName.STAGE_A, StageName.STAGE_B, StageName.STAGE_C}) {
      Path output = folder.resolve(stage.key());
      model = Optional.of(TinyRun.train(tiny.request(stage, output, model, 2, config)));
      assertThat(lines(output)).hasSize(2).allMatch(line -> line.contains("loss"));
    }
    Path clip = folder.resolve("clip");
    TinyRun.train(tiny.request(StageName.CLIP, clip, Optional.empty(), 2, config));
    assertThat(lines(clip)).hasSize(2);
  }

  /** Skipped steps change nothing, so what was learned before them is worth a checkpoint. */
  @Test
  void keepsWhatItHasWhereLossesAreNotFinite() {
    ObjectNode config = TinyRun.config();
    config.withObject("/training").put("checkpointing_steps", 1000).put("validation_steps", 0);
    TrainingRun.Request usual = stageA(folder.resolve("a"), config);
    TrainingRun.Request fast =
        TinyRun.with(usual, new TrainingSettings.Given(60, 4, 1e38, 7, DType.FLOAT32));
    assertThatThrownBy(() -> TinyRun.train(fast))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("The loss was not finite in 11 of the last ")
        .hasMessageEndingWith("; begin again with a lower learning rate and another --output.");
    assertThat(folder.resolve("a/checkpoints")).isNotEmptyDirectory();
    String log = read(folder.resolve("a/log.jsonl"));
    assertThatThrownBy(() -> TinyRun.train(fast))
        .as("the same command goes no step further")
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("The loss was not finite in 11 of the last ");
    assertThat(folder.resolve("a/log.jsonl")).hasContent(log);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void fourPicturesAreEnough() throws IOException {
    TinyRun few = new TinyRun(folder.resolve("few")).withPictures(4);
    ObjectNode config = TinyRun.config();
    config.withObject("/data").put("held_out", 0.01);
    Path output = folder.resolve("a");
    TinyRun.train(few.request(StageName.STAGE_A, output, Optional.empty(), 2, config));
    assertThat(lines(output)).as("two steps and an evaluation").hasSize(3);
  }

  @Test
  void refusesAFolderWhoseOwnerIsNotKnown() throws IOException {
    Files.createDirectories(folder.resolve("a/checkpoints"));
    assertThatThrownBy(() -> TrainingRun.open(stageA(folder.resolve("a"), TinyRun.config())))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("has checkpoints but no run.json to tell whose they are");
  }

  /** Such as by someone who makes room: the same command must not train over the model. */
  @Test
  void neverBeginsAnewWhereCheckpointsAreLost() throws IOException {
    Path output = folder.resolve("a");
    Path model = TinyRun.train(stageA(output, TinyRun.config()));
    Path away = folder.resolve("away");
    Files.move(output.resolve("checkpoints"), away);
    assertThatThrownBy(() -> TrainingRun.open(stageA(output, TinyRun.config())))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "%s holds a run that was trained to step 2, but its checkpoints are gone; restore %s from a backup, or choose another --output."
                .formatted(output, output.resolve("checkpoints")));
    Files.delete(output.resolve("provenance.json"));
    assertThatThrownBy(() -> TrainingRun.open(stageA(output, TinyRun.config())))
        .hasMessageContaining("has made a model, but its checkpoints are gone");
    Files.move(away, output.resolve("checkpoints"));
    assertThat(TinyRun.train(stageA(output, TinyRun.config()))).isEqualTo(model);
  }

  /** Two batches of 4 whose gradients are added up are one of 8, and draw the same. */
  @Test
  void partsOfAStepAddUpToTheWhole() throws IOException {
    Path a = TinyRun.train(stageA(folder.resolve("a"), TinyRun.config()));
    Path b = TinyRun.train(tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), 2));
    ObjectNode config = TinyRun.config();
    Path whole = folder.resolve("whole");
    trainStageC(b, whole, config, 8);
    config.withObject("/training").put("gradient_accumulation_steps", 2);
    Path parts = folder.resolve("parts");
    trainStageC(b, parts, config, 4);
    for (int line = 0; line < 3; line++) {
      JsonNode one = new ObjectMapper().readTree(lines(whole).get(line));
      JsonNode two = new ObjectMapper().readTree(lines(parts).get(line));
      for (String name : new String[] {"loss", "gradient_norm"}) {
        double expected = one.path(name).asDouble();
        assertThat(two.path(name).asDouble()).isCloseTo(expected, withinPercent());
      }
    }
  }

  private static Percentage withinPercent() {
    return Percentage.withPercentage(0.001);
  }

  private static List<String> lines(Path output) throws IOException {
    return Files.readAllLines(output.resolve("log.jsonl"));
  }

  private void trainStageC(Path model, Path output, ObjectNode config, int batch) {
    TrainingRun.Request request =
        tiny.request(StageName.STAGE_C, output, Optional.of(model), 3, config);
    TinyRun.train(
        TinyRun.with(request, new TrainingSettings.Given(3, batch, 1e-3, 7, DType.FLOAT32)));
  }

  @Test
  void noticesAreToldOnceAndBeforeTheFirstStep() throws IOException {
    Path a = TinyRun.train(stageA(folder.resolve("a"), TinyRun.config()));
    // 1 of 60 is within what may be broken.
    tiny.withPictures(60);
    Path broken = tiny.pictures().resolve("7.png");
    byte[] bytes = Files.readAllBytes(broken);
    Files.write(broken, Arrays.copyOf(bytes, bytes.length / 2));
    List<String> told = new ArrayList<>();
    try (TrainingRun run =
        TrainingRun.open(tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), 1))) {
      run.train(
          new TrainingListener() {
            @Override
            public void noticed(String sentence) {
              told.add(sentence);
            }

            @Override
            public void started(long fromStep) {
              told.add("started");
            }
          });
    }
    assertThat(told)
        .containsExactly(
            "The model has no text tower for Stage B; a fresh one is drawn and not trained, so it tells captions apart without knowing what they mean.",
            "Left out 1 of 60 pictures: " + broken + " is a truncated PNG picture.",
            "started");
  }

  /** Such as a full disk: days of training are worth more than a sheet of pictures. */
  @Test
  void anEvaluationThatFailsIsToldAndTheRunGoesOn() throws IOException {
    Path output = folder.resolve("a");
    Path sheet = output.resolve("evaluation/step-00000002/reconstruction.png");
    Files.createDirectories(sheet.resolve("in the way"));
    List<String> told = new ArrayList<>();
    Optional<Path> model;
    try (TrainingRun run = TrainingRun.open(stageA(output, TinyRun.config()))) {
      model =
          run.train(
              new TrainingListener() {
                @Override
                public void noticed(String sentence) {
                  told.add(sentence);
                }

                @Override
                public void saved(long step, Path checkpoint) {
                  told.add("saved " + step);
                }
              });
    }
    assertThat(model).hasValueSatisfying(made -> assertThat(made.resolve("decoder")).exists());
    assertThat(told).hasSize(2).first().isEqualTo("saved 2");
    assertThat(told.get(1))
        .startsWith("The evaluation at step 2 failed (Cannot write " + sheet)
        .endsWith("; the training goes on without it.");
    Path undisturbed = folder.resolve("undisturbed");
    TinyRun.train(stageA(undisturbed, TinyRun.config()));
    assertThat(output.resolve("checkpoints/step-00000002/state.safetensors"))
        .hasSameBinaryContentAs(undisturbed.resolve("checkpoints/step-00000002/state.safetensors"));
  }

  @Test
  void saysWhatDoesNotFitBeforeAnythingStarts() {
    ObjectNode typo = TinyRun.config();
    typo.putObject("piror");
    assertThatThrownBy(() -> TrainingRun.open(stageA(folder.resolve("a"), typo)))
        .hasMessageStartingWith("the test's configuration has parts that no stage knows: piror;");
    ObjectNode unknown = TinyRun.config();
    unknown.withObject("/training").put("learningrate", 1);
    assertThatThrownBy(() -> TrainingRun.open(stageA(folder.resolve("a"), unknown)))
        .hasMessageContaining("learningrate");
    assertThatThrownBy(
            () ->
                TrainingRun.open(
                    tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.empty(), 2)))
        .hasMessage(
            "This stage builds on the stages before it (here on the Stage A); give their folder with --model.");
    assertThat(folder.resolve("a/run.json")).doesNotExist();
  }
}
