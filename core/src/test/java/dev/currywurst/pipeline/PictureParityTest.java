package dev.currywurst.pipeline;

import static dev.currywurst.testing.ParityCase.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.image.Image;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.ParityCase;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole pictures equal diffusers' of the same seed: within one level on 99.9 % of the values. */
class PictureParityTest {
  private static final double LATENT_TOLERANCE = 1e-4;
  private static final double SHARE_WITHIN_ONE_LEVEL = 0.999;

  private static final ParityCase REFERENCE = ParityCase.stored();

  static Stream<JsonNode> pictures() throws IOException {
    File file = REFERENCE.folder().resolve("case.json").toFile();
    JsonNode pictures = new ObjectMapper().readTree(file).path("pictures");
    List<JsonNode> all = new ArrayList<>();
    pictures.forEach(all::add);
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("pictures")
  void equalsDiffusers(JsonNode picture) {
    PipelineOptions options = PipelineOptions.standard().withType(DType.FLOAT32);
    try (Scope scope = Scope.open();
        WuerstchenPipeline pipeline =
            WuerstchenPipeline.of(ModelFolder.open(REFERENCE.folder()), options)) {
      GenerationResult result = pipeline.generate(request(picture));

      String name = "picture" + picture.path("index").asInt();
      Tensor latents = REFERENCE.tensor(name + ".prior_latents");
      Tensor images = REFERENCE.tensor(name + ".image");
      assertThat(result.images()).hasSize((int) images.size(0));
      for (GeneratedImage image : result.images()) {
        assertClose(
            image.latents().grid().toTensor(),
            latents.narrow(0, image.index(), 1),
            LATENT_TOLERANCE);
        double share = shareWithinOneLevel(image.image(), images.select(0, image.index()));
        assertThat(share).isGreaterThanOrEqualTo(SHARE_WITHIN_ONE_LEVEL);
      }
    }
  }

  static GenerationRequest request(JsonNode picture) {
    return GenerationRequest.of(strings(picture.path("prompts")))
        .withNegativePrompts(strings(picture.path("negative")))
        .withImagesPerPrompt(picture.path("images_per_prompt").asInt())
        .withSeed(picture.path("seed").asLong())
        .withSteps(picture.path("prior_steps").asInt())
        .withDecoderSteps(picture.path("decoder_steps").asInt())
        .withGuidance(picture.path("prior_guidance").asDouble())
        .withDecoderGuidance(picture.path("decoder_guidance").asDouble())
        .withSize(picture.path("width").asInt(), picture.path("height").asInt());
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(element -> strings.add(element.asText()));
    return strings;
  }

  private static double shareWithinOneLevel(Image actual, Tensor expected) {
    float[] levels = expected.toFloats(); // [H, W, 3]
    byte[] bytes = actual.rgb();
    assertThat(bytes).hasSize(levels.length);
    int within = 0;
    for (int i = 0; i < levels.length; i++) {
      within += Math.abs((bytes[i] & 0xff) - levels[i]) <= 1 ? 1 : 0;
    }
    return within / (double) levels.length;
  }
}
