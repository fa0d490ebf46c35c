package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.testing.Folders;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFolderTest {
  @TempDir Path folder;

  private void index(String where, String pipeline) throws IOException {
    Folders.write(
        folder.resolve(where).resolve("model_index.json"),
        "{\"_class_name\": \"" + pipeline + "\"}");
  }

  private void parts(String... folders) throws IOException {
    for (String part : folders) {
      Folders.write(folder.resolve(part).resolve("config.json"), "{}");
    }
  }

  @Test
  void aWholeModelHasBothPipelinesAndAnImageEncoder() {
    ModelFolder model = ModelFolder.open(Fixtures.wuerstchen());
    assertThat(model.components()).containsOnlyKeys(Component.values());
    assertThat(model.require(Component.VQGAN).folder())
        .isEqualTo(Fixtures.wuerstchen().resolve("decoder").resolve("vqgan"));
  }

  @Test
  void publishedPipelinesMakeAModelTogether() {
    ModelFolder prior = ModelFolder.open(Fixtures.wuerstchen().resolve("prior"));
    ModelFolder decoder = ModelFolder.open(Fixtures.wuerstchen().resolve("decoder"));
    assertThat(prior.has(Component.PRIOR, Component.PRIOR_TOKENIZER)).isTrue();
    assertThat(prior.has(Component.DECODER)).isFalse();
    assertThat(decoder.with(prior).components()).hasSize(9);
    assertThatThrownBy(() -> decoder.require(Component.PRIOR))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("has no Stage C (folder prior); give the model of the prior too");
  }

  @Test
  void aCombinedPipelineHasThePriorsPartsUnderAPrefix() throws IOException {
    index("", "WuerstchenCombinedPipeline");
    parts("prior_prior", "prior_text_encoder", "text_encoder", "decoder", "vqgan");
    ModelFolder model = ModelFolder.open(folder);
    assertThat(model.require(Component.PRIOR).folder()).isEqualTo(folder.resolve("prior_prior"));
    assertThat(model.require(Component.PRIOR_TEXT_ENCODER).folder())
        .isEqualTo(folder.resolve("prior_text_encoder"));
    assertThat(model.require(Component.DECODER_TEXT_ENCODER).folder())
        .isEqualTo(folder.resolve("text_encoder"));
  }

  @Test
  void anOldDecoderIsCalledGenerator() throws IOException {
    index("", "WuerstchenDecoderPipeline");
    parts("generator", "vqgan");
    assertThat(ModelFolder.open(folder).require(Component.DECODER).folder())
        .isEqualTo(folder.resolve("generator"));
  }

  @ParameterizedTest
  @CsvSource({
    "WuerstchenPrior, PRIOR",
    "Prior, PRIOR",
    "DiffNeXt, DECODER",
    "WuerstchenDiffNeXt, DECODER",
    "PaellaVQModel, VQGAN",
    "EfficientNetEncoder, IMAGE_ENCODER"
  })
  void aSingleNetworkIsKnownByItsClass(String type, Component component) throws IOException {
    Folders.write(folder.resolve("config.json"), "{\"_class_name\": \"" + type + "\"}");
    assertThat(ModelFolder.open(folder).components()).containsOnlyKeys(component);
  }

  @Test
  void thePublishedImageEncoderNamesNoClass() throws IOException {
    Folders.write(
        folder.resolve("config.json"),
        "{\"c_latent\": 16, \"c_cond\": 1280, \"effnet\": \"efficientnet_v2_s\"}");
    assertThat(ModelFolder.open(folder).components()).containsOnlyKeys(Component.IMAGE_ENCODER);
  }

  @Test
  void anUnfinishedTrainingShowsWhatItHas() throws IOException {
    parts("decoder/vqgan");
    assertThat(ModelFolder.open(folder).components()).containsOnlyKeys(Component.VQGAN);
  }

  @Test
  void refusesForeignAndMissingFolders() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> ModelFolder.open(missing))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(missing + " is no folder");
    assertThatThrownBy(() -> ModelFolder.open(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("holds no Würstchen");
    Folders.write(folder.resolve("config.json"), "{\"_class_name\": \"UNet2DConditionModel\"}");
    assertThatThrownBy(() -> ModelFolder.open(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("describes a UNet2DConditionModel, which is no network of Würstchen");
    index("", "StableDiffusionPipeline");
    assertThatThrownBy(() -> ModelFolder.open(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("describes a StableDiffusionPipeline");
    Folders.write(folder.resolve("model_index.json"), "{\"_class_name\": ");
    assertThatThrownBy(() -> ModelFolder.open(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("is not valid JSON");
  }

  @Test
  void readsTheNumbersOfTheIndex() throws IOException {
    Folders.write(
        folder.resolve("prior/model_index.json"),
        """
        {"_class_name": "WuerstchenPriorPipeline", "latent_mean": 3.5, "latent_std": -0.25,
         "_natural_size": [128, 256]}
        """);
    Folders.write(
        folder.resolve("decoder/model_index.json"),
        "{\"_class_name\": \"WuerstchenDecoderPipeline\", \"latent_dim_scale\": 8}");
    parts("prior/prior", "decoder/decoder");
    ModelNumbers numbers = ModelFolder.open(folder).numbers();
    assertThat(numbers.mean()).isEqualTo(3.5);
    assertThat(numbers.std()).isEqualTo(-0.25);
    assertThat(numbers.scale()).isEqualTo(8);
    assertThat(numbers.size()).isEqualTo(new PictureSize(128, 256));
  }

  @Test
  void readsSchedules() throws IOException {
    index("", "WuerstchenPriorPipeline");
    parts("prior");
    assertThat(ModelFolder.open(folder).schedule(Component.PRIOR_SCHEDULER))
        .isEqualTo(CosineSchedule.STANDARD);
    Path config = folder.resolve("scheduler/scheduler_config.json");
    Folders.write(config, "{\"_class_name\": \"DDPMWuerstchenScheduler\", \"s\": 0.01}");
    assertThat(ModelFolder.open(folder).schedule(Component.PRIOR_SCHEDULER))
        .isEqualTo(new CosineSchedule(0.01, 1.0));
    Folders.write(config, "{\"_class_name\": \"DDIMScheduler\"}");
    assertThatThrownBy(() -> ModelFolder.open(folder).schedule(Component.PRIOR_SCHEDULER))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("describes a DDIMScheduler");
  }

  private Path weightFile(DType type, String... files) throws IOException {
    for (String file : files) {
      Folders.write(folder.resolve(file), "");
    }
    Path chosen =
        new ComponentFolder(Component.PRIOR, folder).weightFile(type).orElse(Path.of("none"));
    for (String file : files) {
      Files.delete(folder.resolve(file));
    }
    return chosen.getFileName();
  }

  @Test
  void choosesAmongWeightFiles() throws IOException {
    String single = "diffusion_pytorch_model.safetensors";
    String half = "diffusion_pytorch_model.fp16.safetensors";
    String pickle = "diffusion_pytorch_model.bin";
    String index = "diffusion_pytorch_model.safetensors.index.json";
    String shard = "diffusion_pytorch_model-00001-of-00002.safetensors";
    assertThat(weightFile(DType.FLOAT32, single, half, pickle)).hasToString(single);
    assertThat(weightFile(DType.FLOAT16, single, half, pickle)).hasToString(half);
    assertThat(weightFile(DType.BFLOAT16, half, "README.md")).hasToString(half);
    assertThat(weightFile(DType.FLOAT32, pickle)).hasToString(pickle);
    assertThat(weightFile(DType.FLOAT32, index, shard, pickle)).hasToString(index);
    for (String variant : new String[] {"bf16", "ema", "non_ema"}) {
      String other = "diffusion_pytorch_model." + variant + ".safetensors";
      assertThat(weightFile(DType.FLOAT32, other, single)).hasToString(single);
      assertThat(weightFile(DType.FLOAT32, other, pickle)).hasToString(pickle);
      assertThat(weightFile(DType.FLOAT32, other, index, shard)).hasToString(index);
      assertThat(weightFile(DType.FLOAT16, other, half, single)).hasToString(half);
      assertThat(weightFile(DType.FLOAT32, other, "config.json")).hasToString(other);
    }
    assertThat(weightFile(DType.FLOAT32, "my-prior.safetensors", "config.json"))
        .hasToString("my-prior.safetensors");
    assertThat(weightFile(DType.FLOAT32, "a.safetensors", "b.safetensors")).hasToString("none");
  }
}
