package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.train.stage.MemoryEstimate;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that has the stage already is trained further. */
class FineTuningTest {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir private Path folder;
  private TinyRun tiny;

  @BeforeEach
  void pictures() throws IOException {
    tiny = new TinyRun(folder).withPictures(20);
  }

  /** The test kit's model has the layout and the index files of the published one. */
  private TrainingRun.Request published(
      StageName stage, Path output, ObjectNode config, double learningRate) {
    return new TrainingRun.Request(
        stage,
        tiny.pictures(),
        output,
        Optional.of(ModelFolder.open(Fixtures.wuerstchen())),
        ConfigFile.of("the test's configuration", config),
        128,
        new TrainingSettings.Given(1, 2, learningRate, 7, DType.FLOAT32));
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(file));
  }

  /** The largest change of a weight, over all weights of two files. */
  private static double difference(Path before, Path after) {
    WeightFile old = WeightFile.open(before);
    WeightFile now = WeightFile.open(after);
    double largest = 0;
    for (String name : now.names()) {
      if (name.endsWith("num_batches_tracked")) {
        continue;
      }
      try (Scope scope = Scope.open()) {
        double change = now.tensor(name).minus(old.tensor(name)).abs().max().item();
        largest = Math.max(largest, change);
      }
    }
    return largest;
  }

  @Test
  void stageCOfAPublishedModel() throws IOException {
    Path fixture = Fixtures.wuerstchen();
    Path output = folder.resolve("c");
    ObjectNode config = ConfigFile.newObject();
    config.putObject("data").put("held_out", 0.3);
    config.putObject("validation").put("pictures", 0);
    double rate = 1e-5;
    Path model = TinyRun.train(published(StageName.STAGE_C, output, config, rate));

    assertThat(
            difference(
                fixture.resolve("prior/prior/" + WEIGHTS), model.resolve("prior/prior/" + WEIGHTS)))
        .as("Adam's first step is as long as the rate")
        .isBetween(rate / 2, rate * 1.1);
    assertThat(model.resolve("prior/text_encoder/model.safetensors"))
        .as("a tower that came with the model is frozen")
        .hasSameBinaryContentAs(fixture.resolve("prior/text_encoder/model.safetensors"));
    assertThat(json(output.resolve("run.json")).at("/run/objective/train_text_encoder").asBoolean())
        .isFalse();
    JsonNode index = json(model.resolve("prior/model_index.json"));
    assertThat(index.path("latent_mean").asDouble()).isEqualTo(42);
    assertThat(index.path("latent_std").asDouble()).isEqualTo(1);
    for (Component component : Component.values()) {
      assertThat(ModelFolder.open(model).has(component)).as(component.toString()).isTrue();
    }
  }

  /** What is trained has gradients and a state; a LoRA's factors are next to nothing. */
  @Test
  void tellsTheMemoryBeforeAnythingIsRead() {
    ObjectNode all = ConfigFile.newObject();
    ObjectNode attention = ConfigFile.newObject();
    attention.putObject("objective").putArray("train").add("attention");
    ObjectNode lora = ConfigFile.newObject();
    lora.putObject("objective").put("lora_rank", 2).putArray("lora_targets").add("to_q");

    MemoryEstimate whole = memory(all);
    long numbers = whole.weights() / Float.BYTES;
    assertThat(whole.gradients()).isEqualTo(whole.weights());
    assertThat(whole.optimizer())
        .as("two moments, each aligned")
        .isBetween(2 * whole.weights(), 2 * whole.weights() + 1000);
    assertThat(memory(attention).gradients()).isPositive().isLessThan(whole.gradients() / 2);
    try (Scope scope = Scope.open()) {
      long width = 0;
      long layers = 0;
      WeightFile prior = WeightFile.open(Fixtures.wuerstchen().resolve("prior/prior/" + WEIGHTS));
      for (String name : prior.names()) {
        if (name.endsWith("to_q.weight")) {
          width = prior.entry(name).dims()[0];
          layers++;
        }
      }
      assertThat(memory(lora).gradients())
          .as("factors of [2, %d] and [%d, 2]", width, width)
          .isEqualTo(layers * 2 * 2 * width * Float.BYTES);
    }
    assertThat(memory(lora).weights()).isEqualTo(numbers * Float.BYTES);
  }

  private MemoryEstimate memory(ObjectNode config) {
    return TrainingRun.memory(published(StageName.STAGE_C, folder.resolve("none"), config, 1e-4))
        .orElseThrow();
  }

  /** What differs is the weights alone: captions and noise are the same. */
  @Test
  void stageCShowsWhatItPaints() {
    Path small = paintings("small", 1e-7);
    assertThat(small).hasSameBinaryContentAs(paintings("small again", 1e-7));
    assertThat(paintings("large", 1e-2))
        .satisfies(large -> assertThat(Files.mismatch(small, large)).isNotNegative());
  }

  private Path paintings(String output, double learningRate) {
    ObjectNode config = ConfigFile.newObject();
    config.putObject("data").put("held_out", 0.3);
    config.putObject("validation").put("pictures", 1).put("decoder_steps", 2);
    TinyRun.train(published(StageName.STAGE_C, folder.resolve(output), config, learningRate));
    return folder.resolve(output).resolve("evaluation/step-00000001/paintings.png");
  }

  @Test
  void stageCWithItsTextTowerWhereThatIsAskedFor() {
    ObjectNode config = ConfigFile.newObject();
    config.putObject("data").put("held_out", 0.3);
    config.putObject("objective").put("train_text_encoder", true);
    config.putObject("validation").put("pictures", 0);
    Path model = TinyRun.train(published(StageName.STAGE_C, folder.resolve("c"), config, 1e-5));
    String tower = "prior/text_encoder/model.safetensors";
    WeightFile trained = WeightFile.open(model.resolve(tower));
    WeightFile before = WeightFile.open(Fixtures.wuerstchen().resolve(tower));
    String name = "final_layer_norm.weight";
    try (Scope scope = Scope.open()) {
      // As published files have it; releases of transformers from 5 on leave the prefix out.
      assertThat(trained.tensor("text_model." + name).toFloats())
          .isNotEqualTo(before.tensor(name).toFloats());
    }
  }

  @Test
  void stageBKeepsEncoderAndStageCUnlessTheEncoderLearnsToo() throws IOException {
    Path whole = tiny.wholeModel(2);
    Path frozen =
        TinyRun.train(
            tiny.request(StageName.STAGE_B, folder.resolve("frozen"), Optional.of(whole), 2));
    String encoder = "image_encoder/" + WEIGHTS;
    assertThat(frozen.resolve(encoder)).hasSameBinaryContentAs(whole.resolve(encoder));
    assertThat(frozen.resolve("prior/prior/" + WEIGHTS))
        .hasSameBinaryContentAs(whole.resolve("prior/prior/" + WEIGHTS));
    assertThat(json(frozen.resolve("prior/model_index.json")).path("latent_mean"))
        .isEqualTo(json(whole.resolve("prior/model_index.json")).path("latent_mean"));
    assertThat(frozen.resolve("decoder/decoder/" + WEIGHTS))
        .isNotEmptyFile()
        .satisfies(
            file ->
                assertThat(difference(whole.resolve("decoder/decoder/" + WEIGHTS), file))
                    .isBetween(1e-5, 0.01));

    ObjectNode config = TinyRun.config();
    config.putObject("objective").put("train_image_encoder", true);
    Path trained =
        TinyRun.train(
            tiny.request(
                StageName.STAGE_B, folder.resolve("trained"), Optional.of(whole), 2, config));
    assertThat(difference(whole.resolve(encoder), trained.resolve(encoder))).isPositive();
    assertThat(trained.resolve("prior")).doesNotExist();
  }

  @Test
  void stageAKeepsTheScaleOfItsLatents() throws IOException {
    Path a =
        TinyRun.train(tiny.request(StageName.STAGE_A, folder.resolve("a"), Optional.empty(), 2));
    Path again =
        TinyRun.train(tiny.request(StageName.STAGE_A, folder.resolve("b"), Optional.of(a), 2));
    String config = "decoder/vqgan/config.json";
    assertThat(json(again.resolve(config)).path("scale_factor"))
        .isEqualTo(json(a.resolve(config)).path("scale_factor"));
    String weights = "decoder/vqgan/" + WEIGHTS;
    assertThat(again.resolve(weights)).isNotEmptyFile();
    assertThat(Files.mismatch(again.resolve(weights), a.resolve(weights))).isNotNegative();
  }

  /** As for sd-vae-ft-mse: whatever was trained on the latents keeps its use. */
  @Test
  void stageAsDecoderAlone() {
    Path a =
        TinyRun.train(tiny.request(StageName.STAGE_A, folder.resolve("a"), Optional.empty(), 2));
    ObjectNode config = TinyRun.config();
    config.putObject("objective").put("train_encoder", false).put("adversarial", 0.01);
    long steps = 60;
    List<Double> errors = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void learned(long step, Stage.Learned learned, double learningRate) {
            errors.add(learned.losses().get("squared_error"));
            assertThat(learned.losses()).doesNotContainKey("codebook");
          }
        };
    WeightFile after;
    try (TrainingRun run =
        TrainingRun.open(
            tiny.request(StageName.STAGE_A, folder.resolve("b"), Optional.of(a), steps, config))) {
      after =
          WeightFile.open(run.train(listener).orElseThrow().resolve("decoder/vqgan/" + WEIGHTS));
    }
    WeightFile before = WeightFile.open(a.resolve("decoder/vqgan/" + WEIGHTS));
    for (String name : before.names()) {
      boolean decodes = name.startsWith("up_blocks.") || name.startsWith("out_block.");
      try (Scope scope = Scope.open()) {
        assertThat(Arrays.equals(before.tensor(name).toFloats(), after.tensor(name).toFloats()))
            .as(name + " is as it was")
            .isEqualTo(!decodes);
      }
    }
    double first = errors.subList(0, 10).stream().mapToDouble(e -> e).average().orElseThrow();
    double last = errors.subList(50, 60).stream().mapToDouble(e -> e).average().orElseThrow();
    assertThat(last).isLessThan(0.9 * first);
  }

  /** Its other stages were trained on the same latents, so the result is as whole as its basis. */
  @Test
  void stageAsDecoderInAWholeModel() {
    Path fixture = Fixtures.wuerstchen();
    ObjectNode config = ConfigFile.newObject();
    config.putObject("data").put("held_out", 0.3);
    config.putObject("objective").put("train_encoder", false).put("latent_noise", 0.2);
    Path model = TinyRun.train(published(StageName.STAGE_A, folder.resolve("a"), config, 1e-3));

    String vqgan = "decoder/vqgan/" + WEIGHTS;
    assertThat(Files.exists(model.resolve(vqgan))).isTrue();
    assertThat(difference(fixture.resolve(vqgan), model.resolve(vqgan))).isPositive();
    for (Component component : Component.values()) {
      assertThat(ModelFolder.open(model).has(component)).as(component.toString()).isTrue();
    }
    for (String same : List.of("prior/prior/" + WEIGHTS, "decoder/decoder/" + WEIGHTS)) {
      assertThat(model.resolve(same)).hasSameBinaryContentAs(fixture.resolve(same));
    }
    assertThat(ModelFolder.open(model).geometry()).isEqualTo(ModelFolder.open(fixture).geometry());
  }

  @Test
  void refusesToKeepAnEncoderThatWasNeverTrained() {
    ObjectNode config = TinyRun.config();
    config.putObject("objective").put("train_encoder", false);
    assertThatThrownBy(
            () ->
                TrainingRun.open(
                    tiny.request(
                        StageName.STAGE_A, folder.resolve("a"), Optional.empty(), 2, config)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("leave out train_encoder, or give a --model with a Stage A");
  }

  @Test
  void refusesASizeThatIsNotTheModels() {
    ObjectNode config = ConfigFile.newObject();
    config.putObject("data").put("held_out", 0.3);
    config.putObject("prior").put("c", 64).put("nhead", 2);
    assertThatThrownBy(
            () -> TrainingRun.open(published(StageName.STAGE_C, folder.resolve("c"), config, 1e-5)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("the test's configuration, prior describes another Stage C than")
        .hasMessageContaining("leave it out to train that one further");
  }

  @Test
  void refusesAResolutionThatTheNetworksCannotHalve() {
    ObjectNode config = ConfigFile.newObject();
    TrainingRun.Request request = published(StageName.STAGE_C, folder.resolve("c"), config, 1e-5);
    TrainingRun.Request odd =
        new TrainingRun.Request(
            request.stage(),
            request.data(),
            request.output(),
            request.model(),
            request.config(),
            100,
            request.given());
    assertThatThrownBy(() -> TrainingRun.open(odd))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "The resolution of 100 pixels does not suit the image encoder, which sees three quarters of them and halves them down to one in 32; give a multiple of 128.");
    assertThat(folder.resolve("c")).doesNotExist();
  }
}
