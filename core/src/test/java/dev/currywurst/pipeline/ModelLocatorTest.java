package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.hub.DownloadListener;
import dev.currywurst.hub.Hub;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.testing.Folders;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names are looked up in a cache on disk, as after a download. */
class ModelLocatorTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path cache;
  private ModelLocator locator;

  @BeforeEach
  void offline() {
    Map<String, String> environment =
        Map.of("HF_HUB_CACHE", cache.toString(), "HF_HUB_OFFLINE", "1");
    locator = new ModelLocator(Hub.standard(environment), DownloadListener.silent());
  }

  private Path snapshot(String model) throws IOException {
    Path folder = cache.resolve("models--" + model.replace("/", "--"));
    Folders.write(folder.resolve("refs/main"), COMMIT);
    return folder.resolve("snapshots").resolve(COMMIT);
  }

  private void pipeline(String model, String type, String... parts) throws IOException {
    Path folder = snapshot(model);
    Folders.write(folder.resolve("model_index.json"), "{\"_class_name\": \"" + type + "\"}");
    for (String part : parts) {
      Folders.write(folder.resolve(part).resolve("config.json"), "{}");
      Folders.write(folder.resolve(part).resolve("diffusion_pytorch_model.safetensors"), "");
    }
  }

  @Test
  void thePublishedDecoderBringsItsPrior() throws IOException {
    pipeline("warp-ai/wuerstchen", "WuerstchenDecoderPipeline", "decoder", "vqgan");
    pipeline("warp-ai/wuerstchen-prior", "WuerstchenPriorPipeline", "prior", "text_encoder");
    ModelFolder model = locator.find("warp-ai/wuerstchen");
    assertThat(model.has(Component.DECODER, Component.PRIOR, Component.PRIOR_TEXT_ENCODER))
        .isTrue();
  }

  @Test
  void aModelCardNamesThePriorOfOthers() throws IOException {
    pipeline("jane/decoder", "WuerstchenDecoderPipeline", "decoder", "vqgan");
    Folders.write(
        snapshot("jane/decoder").resolve("README.md"),
        """
        ---
        license: mit
        prior:
          - "jane/prior"
        tags:
          - text-to-image
        ---
        # A decoder
        """);
    pipeline("jane/prior", "WuerstchenPriorPipeline", "prior", "text_encoder");
    assertThat(locator.find("jane/decoder").require(Component.PRIOR).folder())
        .isEqualTo(snapshot("jane/prior").resolve("prior"));
  }

  @Test
  void aStageCAloneTakesThePublishedTextTower() throws IOException {
    Path alone = snapshot("jane/finetuned");
    Folders.write(alone.resolve("config.json"), "{\"_class_name\": \"WuerstchenPrior\"}");
    Folders.write(alone.resolve("diffusion_pytorch_model.safetensors"), "");
    pipeline("warp-ai/wuerstchen", "WuerstchenDecoderPipeline", "decoder", "vqgan");
    pipeline(
        "warp-ai/wuerstchen-prior",
        "WuerstchenPriorPipeline",
        "prior",
        "text_encoder",
        "tokenizer",
        "scheduler");
    ModelFolder model = locator.find("jane/finetuned", "warp-ai/wuerstchen");
    assertThat(model.require(Component.PRIOR).folder()).isEqualTo(alone);
    assertThat(model.require(Component.PRIOR_TEXT_ENCODER).folder())
        .isEqualTo(snapshot("warp-ai/wuerstchen-prior").resolve("text_encoder"));
  }

  @Test
  void aModelWithoutAnImageEncoderTakesThePublishedOne() throws IOException {
    pipeline("warp-ai/wuerstchen", "WuerstchenDecoderPipeline", "decoder", "vqgan");
    Path encoder = snapshot("warp-ai/EfficientNetEncoder");
    Folders.write(encoder.resolve("config.json"), "{\"effnet\": \"efficientnet_v2_s\"}");
    Folders.write(encoder.resolve("diffusion_pytorch_model.safetensors"), "");
    ModelFolder model = locator.withImageEncoder(locator.locate("warp-ai/wuerstchen"));
    assertThat(model.require(Component.IMAGE_ENCODER).folder()).isEqualTo(encoder);
    assertThat(locator.withImageEncoder(model)).isSameAs(model);
  }

  @Test
  void foldersComeBeforeNames() throws IOException {
    Path local = cache.resolve("my-model");
    Folders.write(local.resolve("decoder/vqgan/config.json"), "{}");
    assertThat(locator.find(local.toString()).has(Component.VQGAN)).isTrue();
  }

  @Test
  void refusesWhatIsNeither() throws IOException {
    assertThatThrownBy(() -> locator.find("no such thing"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "There is no folder no such thing, and it is no name of a model on the hub such as"
                + " warp-ai/wuerstchen.");
    pipeline("warp-ai/wuerstchen", "WuerstchenDecoderPipeline", "decoder", "vqgan");
    assertThatThrownBy(() -> locator.find("warp-ai/wuerstchen", "warp-ai/wuerstchen"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("warp-ai/wuerstchen holds no Stage C; it is no prior.");
  }

  @Test
  void findsTheFolderOfOtherModels() throws IOException {
    Path clip = snapshot("jane/clip");
    Folders.write(clip.resolve("config.json"), "{\"model_type\": \"clip\"}");
    Folders.write(clip.resolve("model.safetensors"), "");
    assertThat(locator.folder("jane/clip")).isEqualTo(clip);
  }

  private Path whole(String name, double mean, double scale) throws IOException {
    Path folder = cache.resolve(name);
    Folders.write(
        folder.resolve("prior/model_index.json"),
        "{\"_class_name\": \"WuerstchenPriorPipeline\", \"latent_mean\": " + mean + "}");
    Folders.write(
        folder.resolve("decoder/model_index.json"),
        "{\"_class_name\": \"WuerstchenDecoderPipeline\", \"latent_dim_scale\": " + scale + "}");
    for (Component component : Component.values()) {
      String half = component.isPrior() ? "prior" : "decoder";
      String place = component == Component.IMAGE_ENCODER ? "" : half;
      Folders.write(folder.resolve(place).resolve(component.folder()).resolve("config.json"), "{}");
    }
    return folder;
  }

  @Test
  void ofTwoWholeModelsEachGivesItsHalf() throws IOException {
    Path tuned = whole("tuned", 3.5, 5.33);
    Path other = whole("other", 42, 8);
    ModelFolder model = locator.find(tuned.toString(), other.toString());
    for (Component component : Component.values()) {
      boolean ofPrior = component.isPrior() || component == Component.IMAGE_ENCODER;
      assertThat(model.require(component).folder()).startsWith(ofPrior ? tuned : other);
    }
    assertThat(model.geometry().latentMean()).isEqualTo(3.5);
    assertThat(model.geometry().latentScale()).isEqualTo(8);
  }
}
