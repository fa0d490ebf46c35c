package dev.currywurst.clip;

import static dev.currywurst.testing.ParityCase.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.AskedWeights;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextConfig.Activation;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small CLIP with random weights, and what transformers computed with it. */
class ClipModelTest {
  private static final Path FOLDER = Fixtures.path("clip").resolve("model");
  private static final List<String> TEXTS =
      List.of(
          "a small green dragon", "Red!", "two red apples on the left of a tree, and a lot more");

  private final Scope scope = Scope.open();
  private final ClipModel clip = ClipModel.load(FOLDER);
  private final WeightFile expected =
      WeightFile.open(Fixtures.path("clip").resolve("expected.safetensors"));

  @TempDir private Path folder;

  @AfterEach
  void close() {
    clip.close();
    scope.close();
  }

  private static List<Image> pictures() {
    return Stream.of("source", "tall")
        .map(name -> Fixtures.path("pictures").resolve(name + ".png"))
        .map(file -> ImageDecoder.DEFAULT.read(file, Rgb.WHITE))
        .toList();
  }

  @Test
  void preparesPicturesAsTransformersDoesWithPillow() {
    assertClose(clip.preprocessing().apply(pictures()), expected.tensor("pixel_values"), 1e-6);
  }

  @Test
  void embedsAsTransformersDoes() {
    Tensor texts = clip.embedTexts(TEXTS);
    Tensor images = clip.embedImages(pictures());
    assertClose(texts, expected.tensor("texts"), 1e-5);
    assertClose(images, expected.tensor("images"), 1e-5);
    assertClose(
        ClipModel.similarities(images, texts).times(clip.logitScale().exp()),
        expected.tensor("logits_per_image"),
        1e-4);
  }

  @Test
  void aTextsEmbeddingDoesNotDependOnWhatIsBesideIt() {
    assertClose(clip.embedTexts(TEXTS.subList(1, 2)), clip.embedTexts(TEXTS).narrow(0, 1, 1), 1e-6);
  }

  @Test
  void whatWasSavedIsTheSameModel() {
    clip.save(folder.resolve("copy"));
    try (ClipModel copy = ClipModel.load(folder.resolve("copy"))) {
      assertThat(copy.config()).isEqualTo(clip.config());
      assertThat(copy.preprocessing()).isEqualTo(clip.preprocessing());
      assertClose(copy.embedTexts(TEXTS), clip.embedTexts(TEXTS), 0);
    }
    clip.save(folder.resolve("half"), DType.BFLOAT16);
    try (ClipModel half = ClipModel.load(folder.resolve("half"))) {
      assertClose(
          ClipModel.similarities(half.embedImages(pictures()), clip.embedImages(pictures()))
              .narrow(0, 0, 1)
              .narrow(1, 0, 1),
          Tensor.full(1, DType.FLOAT32, 1, 1),
          1e-3);
    }
  }

  /** Of texts, old configurations call 2 the end, and mean the largest id. */
  @Test
  void oldConfigurationsEndATextAtItsLargestToken() throws IOException {
    Path old = Files.createDirectory(folder.resolve("old"));
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, old.resolve(file.getFileName().toString()));
      }
    }
    Path config = old.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"eos_token_id\": 523", "\"eos_token_id\": 2"));
    try (ClipModel model = ClipModel.load(old)) {
      assertClose(model.embedTexts(TEXTS), expected.tensor("texts"), 1e-5);
    }
  }

  @Test
  void thePublishedBaseModelHasItsParameters() {
    ClipTextConfig text =
        new ClipTextConfig(512, 12, 8, 2048, 49408, 77, Activation.QUICK_GELU, 1e-5);
    ClipVisionConfig vision =
        new ClipVisionConfig(768, 12, 12, 3072, 224, 32, Activation.QUICK_GELU, 1e-5);
    ClipConfig config = new ClipConfig(text, vision, 512, ClipConfig.LOGIT_SCALE, 49407);
    ClipTokenizer tokenizer = clip.tokenizer();
    assertThat(
            AskedWeights.of(p -> new ClipModel(config, tokenizer, ClipPreprocessing.of(224), p))
                .count())
        .isEqualTo(151_277_313);
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> ClipModel.load(empty))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("no weights of a CLIP");
    assertThatThrownBy(() -> ClipModel.load(Fixtures.wuerstchen().resolve("prior/text_encoder")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("it is not a CLIP's");
  }
}
