package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.testing.TinyRun;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A wrong number is found before anything large is read, and named with its place. */
class StageRecipeTest {
  private static RunConfig config(StageName stage, String json) {
    try {
      return new RunConfig(ConfigFile.of("small.json", new ObjectMapper().readTree(json)), stage);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  private static StageRecipe read(StageName stage, String json) {
    Optional<ModelFolder> model =
        stage == StageName.STAGE_A
            ? Optional.empty()
            : Optional.of(ModelFolder.open(Fixtures.wuerstchen()));
    return StageRecipe.read(config(stage, json), 128, model, Path.of("kept"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "STAGE_A | quantized_share   | 7    | give 0 to 1",
        "STAGE_A | absolute_error    | -1   | give a number of at least 0",
        "STAGE_A | latent_noise      | -0.1 | give a number of at least 0",
        "STAGE_A | codebook          | -0.5 | give a number of at least 0",
        "STAGE_A | adversarial       | -1   | give a number of at least 0",
        "STAGE_A | adversarial_from  | -3   | give a whole number of at least 0",
        "STAGE_B | map_dropped       | 1.5  | give 0 to 1",
        "STAGE_B | map_noised        | -1   | give 0 to 1",
        "STAGE_B | map_noise_level   | 5    | give 0 to 1",
        "STAGE_B | caption_dropped   | 2    | give 0 to 1",
        "STAGE_C | caption_dropped   | -1   | give 0 to 1"
      })
  void refusesAnObjectiveOutOfItsBounds(StageName stage, String name, String value, String remedy) {
    assertThatThrownBy(() -> read(stage, "{\"objective\": {\"%s\": %s}}".formatted(name, value)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("small.json, objective: %s is %s; %s.", name, value, remedy);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "decoder_steps    | 0  | give a whole number from 1 to 1000",
        "decoder_guidance | -1 | give a number of at least 0"
      })
  void refusesAValidationOutOfItsBounds(String name, String value, String remedy) {
    String json = "{\"validation\": {\"%s\": %s}}".formatted(name, value);
    assertThatThrownBy(() -> read(StageName.STAGE_B, json))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("small.json, validation: %s is %s; %s.", name, value, remedy);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trim_margin    | 2    | give 0 to 1",
        "trim_margin    | -0.5 | give 0 to 1",
        "trim_tolerance | 256  | give a whole number from 0 to 255",
        "shift          | 0.7  | give 0 to 0.5",
        "held_out       | 1    | give 0 to 0.9",
        "variants       | -1   | give a whole number of at least 0"
      })
  void refusesDataSettingsOutOfTheirBounds(String name, String value, String remedy) {
    RunConfig config = config(StageName.STAGE_A, "{\"data\": {\"%s\": %s}}".formatted(name, value));
    assertThatThrownBy(() -> PictureRecipe.read(config.part("data"), 128))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("small.json, data: %s is %s; %s.", name, value, remedy);
  }

  /** A set may be sorted. The same ones are taken in whatever order it comes. */
  @Test
  void takesSomePicturesFromAnywhereInTheSet() {
    List<CaptionedImage> images = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Path file = Path.of(i + ".png");
      images.add(
          new CaptionedImage(file, List.of("one"), new Fingerprint().add(String.valueOf(i)).hex()));
    }
    ConfigFile data =
        config(StageName.STAGE_A, "{\"data\": {\"max_train_samples\": 5, \"held_out\": 0}}")
            .part("data");
    PictureRecipe recipe = PictureRecipe.read(data, 128);
    List<CaptionedImage> some = recipe.split(images, Path.of("set")).training();
    assertThat(some).hasSize(5).isNotEqualTo(images.subList(0, 5));
    Collections.reverse(images);
    assertThat(recipe.split(images, Path.of("set")).training())
        .containsExactlyInAnyOrderElementsOf(some);
  }

  /** Otherwise it would be told by the first evaluation, after hours. */
  @Test
  void refusesToPaintWithStagesThatDoNotFit(@TempDir Path folder) throws IOException {
    Path model = folder.resolve("model");
    copy(Fixtures.wuerstchen(), model);
    Path decoder = model.resolve("decoder/decoder/config.json");
    String config = Files.readString(decoder);
    assertThat(config).contains("\"effnet_embd\": 4");
    Files.writeString(decoder, config.replace("\"effnet_embd\": 4", "\"effnet_embd\": 6"));
    Optional<ModelFolder> opened = Optional.of(ModelFolder.open(model));

    RunConfig painting = config(StageName.STAGE_C, "{}");
    assertThatThrownBy(() -> StageRecipe.read(painting, 128, opened, Path.of("kept")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith(
            "Evaluations would paint with the model's own Stages B and A, which do not fit (validation.pictures 0 paints nothing): Stage B takes maps of 6 channels (effnet_embd) and the image encoder makes ");
    RunConfig silent = config(StageName.STAGE_C, "{\"validation\": {\"pictures\": 0}}");
    assertThat(StageRecipe.read(silent, 128, opened, Path.of("kept"))).isNotNull();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @Test
  void refusesATowerThatItsHeadsDoNotDivide() {
    ObjectNode json = TinyRun.config();
    json.putObject("text_encoder").put("num_attention_heads", 3);
    RunConfig config = new RunConfig(ConfigFile.of("small.json", json), StageName.STAGE_C);
    NetworkSource source =
        new NetworkSource(config, new ModelParts(Optional.empty(), Path.of("kept")));
    assertThatThrownBy(() -> source.towerSize(Component.PRIOR_TEXT_ENCODER, 8))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "small.json, text_encoder: num_attention_heads is 3, which does not divide the tower's width of 8; give a number that does.");
  }
}
