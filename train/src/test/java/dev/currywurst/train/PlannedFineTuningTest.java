package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationStep;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Engine;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.testing.TinyRun;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a fine-tuning decides by itself, and that it helps. */
class PlannedFineTuningTest {
  private static final String CHECKPOINT = "checkpoints/step-00000006/state.safetensors";

  @TempDir private static Path folder = Path.of("");
  private static TinyRun tiny = new TinyRun(folder);
  private static Path base = folder;

  @BeforeAll
  static void model() throws IOException {
    // A second thread gains nothing on networks this small, and loses much on a busy machine.
    Engine.setThreads(1);
    tiny = new TinyRun(folder).withPictures(20);
    base = tiny.wholeModel(4);
  }

  private static ObjectNode config() {
    ObjectNode config = ConfigFile.newObject();
    config.putObject("training").put("mixed_precision", "no");
    config.putObject("data").put("held_out", 0.3);
    config.putObject("validation").put("pictures", 0);
    return config;
  }

  private static FineTuning plan(String output, ObjectNode config) {
    return plan(tiny.pictures(), output, config);
  }

  private static FineTuning plan(Path pictures, String output, ObjectNode config) {
    return FineTuning.plan(
        ModelFolder.open(base),
        pictures,
        folder.resolve(output),
        ConfigFile.of("the test's configuration", config));
  }

  private static ObjectNode training(FineTuning tuning) {
    return (ObjectNode) tuning.request().config().node("stage-c").path("training");
  }

  @Test
  void decidesWhatIsLeftOpen() {
    FineTuning tuning = plan("tuned", config());
    assertThat(tuning.request().resolution()).isEqualTo(TinyRun.RESOLUTION);
    assertThat(tuning.request().given().batchSize()).isEqualTo(8);
    assertThat(tuning.request().given().learningRate()).isEqualTo(1e-4);
    assertThat(tuning.steps()).as("the least").isEqualTo(200);
    assertThat(training(tuning).path("lr_warmup_steps").asInt()).isEqualTo(20);
    assertThat(training(tuning).path("ema_decay").asDouble()).isEqualTo(1 - 1.5 / 200);
    assertThat(training(tuning).path("ema_ramp").asText()).isEqualTo("constant");
    assertThat(tuning.notice())
        .startsWith("Training for 200 steps of 8, ")
        .endsWith(" through %d pictures.".formatted(tuning.pictures()));
  }

  @Test
  void countsEpochs() {
    ObjectNode config = config();
    config.withObject("/training").put("num_train_epochs", 3).put("train_batch_size", 4);
    config.withObject("/training").put("validation_epochs", 2);
    FineTuning tuning = plan("tuned", config);
    int epoch = (tuning.pictures() + 3) / 4;
    assertThat(tuning.steps()).isEqualTo(3L * epoch);
    assertThat(training(tuning).path("validation_steps").asInt()).isEqualTo(2 * epoch);
  }

  /** Twenty pictures in clusters of ten, as dataset dedupe weighs them. */
  @Test
  void anEpochIsAsLongAsTheWeightsSay() throws IOException {
    Path weighted = folder.resolve("weighted");
    TinyRun set = new TinyRun(weighted).withPictures(20);
    Path metadata = set.pictures().resolve("metadata.jsonl");
    Files.writeString(metadata, Files.readString(metadata).replace("\"}", "\", \"weight\": 0.1}"));
    ObjectNode config = config();
    config.withObject("/data").put("held_out", 0);
    config
        .withObject("/training")
        .put("num_train_epochs", 30)
        .put("train_batch_size", 1)
        .put("validation_epochs", 5);
    FineTuning tuning = plan(set.pictures(), "weighted", config);
    assertThat(tuning.steps()).isEqualTo(60);
    assertThat(training(tuning).path("validation_steps").asInt()).isEqualTo(10);
    assertThat(tuning.notice())
        .isEqualTo(
            "Training for 60 steps of 1, 30.0 times through 20 pictures that count as 2.0 by their weights.");
  }

  /** A ramp goes on where the base model's average was; without one there is nothing to go on. */
  @Test
  void inheritsTheCountOfTheBaseForARamp() {
    ObjectNode config = config();
    config.withObject("/training").put("ema_ramp", "counted");
    assertThat(training(plan("tuned", config)).path("ema_initial_updates").asInt()).isEqualTo(4);
    config.withObject("/training").put("ema_initial_updates", 500);
    assertThat(training(plan("tuned", config)).path("ema_initial_updates").asInt()).isEqualTo(500);
  }

  /** Naming a schedule changes its shape alone, and naming the default changes nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"constant", "cosine", "constant_with_warmup"})
  void warmsUpUnderAnySchedule(String schedule) {
    ObjectNode config = config();
    config.withObject("/training").put("lr_scheduler", schedule);
    assertThat(training(plan("tuned", config)).path("lr_warmup_steps").asInt()).isEqualTo(20);
  }

  /** A LoRA has an average if somebody asks for one, in whatever words. */
  @Test
  void averagesALoraWhereSomethingIsSaidOfTheAverage() {
    ObjectNode config = config();
    config.withObject("/objective").put("lora_rank", 2);
    assertThat(training(plan("tuned", config)).path("ema_decay").asDouble()).isZero();
    config.withObject("/training").put("ema_decay", 0.9);
    assertThat(training(plan("tuned", config)).path("ema_decay").asDouble()).isEqualTo(0.9);
    assertThat(training(plan("tuned", config)).path("save").asText()).isEqualTo("ema");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'use_ema': false, 'ema_decay': 0.9 | use_ema is off, so nothing is averaged, but there is ema_decay",
        "'use_ema': false, 'save': 'both' | save is \"both\", but this run averages nothing",
        "'optimizer': 'adafactor', 'adafactor_relative_step': true, 'learning_rate': 1e-3 | decides the rate of each step by itself, but there is learning_rate"
      })
  void refusesWhatContradictsItself(String training, String sentence) throws IOException {
    ObjectNode config = config();
    String json = "{" + training.replace('\'', '"') + "}";
    config.withObject("/training").setAll((ObjectNode) new ObjectMapper().readTree(json));
    assertThatThrownBy(() -> plan("tuned", config))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void lowersTheLossOfPicturesThatItDoesNotSee() {
    ObjectNode config = config();
    config.withObject("/training").put("max_train_steps", 120).put("learning_rate", 1e-2);
    try (TrainingRun run = TrainingRun.open(plan("better", config).request())) {
      assertThat(run.train(new TrainingListener() {})).isPresent();
      double before = run.heldOut(0, "loss").orElseThrow();
      assertThat(run.heldOut(120, "loss").orElseThrow()).isLessThan(0.95 * before);
      assertThat(run.heldOut(120, "live_loss").orElseThrow()).isLessThan(0.95 * before);
      assertThat(run.heldOut(7, "loss")).isEmpty();
    }
  }

  /** Also what the adaptive weighting has seen comes back from a checkpoint. */
  @Test
  void preservesAClassAndGoesOnExactly() throws IOException {
    Path whole = preserving("whole", 6);
    Path part = preserving("part", 3);
    Path painted = part.resolve("class/000001.png");
    FileTime before = Files.getLastModifiedTime(painted);
    Files.delete(part.resolve("class/000002.png"));
    preserving("part", 6);
    assertThat(part.resolve(CHECKPOINT)).hasSameBinaryContentAs(whole.resolve(CHECKPOINT));
    assertThat(Files.getLastModifiedTime(painted)).isEqualTo(before);
    assertThat(part.resolve("class/000002.png"))
        .as("painted again, and the same")
        .hasSameBinaryContentAs(whole.resolve("class/000002.png"));
  }

  /** Someone has painted over one while the run was interrupted. */
  @Test
  void classPicturesArePartOfTheRun() {
    Path part = preserving("changed", 3);
    Png.write(Image.filled(16, 16, Rgb.WHITE), part.resolve("class/000001.png"));
    assertThatThrownBy(() -> preserving("changed", 6))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("belongs to another run: class_pictures (");
  }

  @Test
  void aUsersOwnClassPicturesCount() throws IOException {
    Path own = Files.createDirectories(folder.resolve("own"));
    Png.write(Image.filled(16, 16, Rgb.WHITE), own.resolve("dog1.png"));
    Png.write(Image.filled(20, 16, Rgb.BLACK), own.resolve("dog2.png"));
    ClassPictures pictures = classPictures("a box", own);
    assertThat(pictures.missing()).isEqualTo(1);
    assertThat(pictures.complete(GenerationListener.silent()))
        .extracting(CaptionedImage::name)
        .containsExactly(
            own.resolve("dog1.png").toString(),
            own.resolve("dog2.png").toString(),
            own.resolve("000000.png").toString());
    assertThat(pictures.missing()).isZero();
    ClassPictures others = classPictures("a house", own);
    assertThatThrownBy(() -> others.complete(GenerationListener.silent()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "The class pictures in %s were painted for something else: class_prompt (\"a box\" there, \"a house\" here); choose another class_data_dir."
                .formatted(own));
  }

  /** As many tools number their files, and as painted ones are called. */
  @Test
  void aUsersOwnClassPicturesCountUnderNumbersToo() throws IOException {
    Path own = Files.createDirectories(folder.resolve("numbered"));
    Png.write(Image.filled(16, 16, Rgb.WHITE), own.resolve("000001.png"));
    Png.write(Image.filled(20, 16, Rgb.BLACK), own.resolve("000007.png"));
    byte[] before = Files.readAllBytes(own.resolve("000001.png"));
    ClassPictures pictures = classPictures("a box", own, 4);
    assertThat(pictures.missing()).isEqualTo(2);
    List<Long> seeds = new ArrayList<>();
    GenerationListener counting =
        new GenerationListener() {
          @Override
          public void step(GenerationStep step) {}

          @Override
          public void painted(GeneratedImage image) {
            seeds.add(image.seed());
          }
        };
    assertThat(pictures.complete(counting))
        .extracting(picture -> String.valueOf(picture.file().getFileName()))
        .containsExactly("000000.png", "000001.png", "000002.png", "000007.png");
    assertThat(seeds).as("seeds of what was painted").containsExactly(0L, 2L);
    assertThat(own.resolve("000001.png")).hasBinaryContent(before);
    assertThat(classPictures("a box", own, 3).missing()).isZero();
  }

  private static ClassPictures classPictures(String prompt, Path place) {
    return classPictures(prompt, place, 3);
  }

  private static ClassPictures classPictures(String prompt, Path place, int count) {
    ObjectNode config = config();
    config
        .withObject("/objective")
        .put("class_prompt", prompt)
        .put("num_class_images", count)
        .put("class_data_dir", place.toString());
    return plan("own class", config).classPictures().orElseThrow();
  }

  private static Path preserving(String output, long steps) {
    ObjectNode config = config();
    config
        .withObject("/training")
        .put("max_train_steps", steps)
        .put("checkpointing_steps", 3)
        .put("ema_decay", 0.9)
        .put("lr_warmup_steps", 0)
        .put("validation_at_start", false);
    config
        .withObject("/objective")
        .put("class_prompt", "a box")
        .put("num_class_images", 3)
        .put("loss_weighting", "adaptive");
    FineTuning tuning = plan(output, config);
    ClassPictures pictures = tuning.classPictures().orElseThrow();
    pictures.complete(GenerationListener.silent());
    assertThat(pictures.missing()).isZero();
    try (TrainingRun run = TrainingRun.open(tuning.request())) {
      assertThat(run.train(new TrainingListener() {})).isPresent();
    }
    return folder.resolve(output);
  }

  @Test
  void tellsWhatDoesNotGoTogether() {
    ObjectNode config = config();
    config.withObject("/objective").put("prior_loss_weight", 1);
    assertThatThrownBy(() -> TrainingRun.open(plan("tuned", config).request()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("belong to a class_prompt");
    ObjectNode half = config();
    half.withObject("/training").put("mixed_precision", "fp16");
    assertThatThrownBy(() -> plan("half", half))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("use bf16");
  }

  /** Before a class picture is painted, which takes hours at the published size. */
  @Test
  void tellsBeforeAnythingIsPaintedWhatDoesNotGoTogether() {
    ObjectNode blended = preservingConfig();
    blended.withObject("/training").put("blend_with_base", 0.5);
    blended.withObject("/objective").put("lora_rank", 2);
    refused(blended, "leave blend_with_base out");
    ObjectNode dropping = preservingConfig();
    dropping.withObject("/training").put("gradient_checkpointing", true);
    dropping.withObject("/objective").put("lora_rank", 2).put("lora_dropout", 0.1);
    refused(dropping, "leave it or gradient_checkpointing out");
    ObjectNode bucketed = preservingConfig();
    bucketed.withObject("/data").put("aspect_buckets", true).put("bucket_step", 8);
    refused(bucketed, "leave class_prompt or aspect_buckets out");
  }

  private static ObjectNode preservingConfig() {
    ObjectNode config = config();
    config.withObject("/objective").put("class_prompt", "a box").put("num_class_images", 1);
    return config;
  }

  private static void refused(ObjectNode config, String message) {
    assertThatThrownBy(() -> TrainingRun.open(plan("refused", config).request()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(message);
    assertThat(folder.resolve("refused")).doesNotExist();
  }
}
