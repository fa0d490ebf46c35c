package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelWriterTest {
  private static final GenerationRequest REQUEST =
      GenerationRequest.of("a red fish").withSteps(2).withDecoderSteps(1).withSeed(3);

  @TempDir Path folder;

  private final ModelFolder original = ModelFolder.open(Fixtures.wuerstchen());

  private ConfigFile config(Component component) {
    return original.require(component).config();
  }

  private <T> T load(Component component, Function<Parameters, T> network) {
    WeightFile weights = original.require(component).weights(DType.FLOAT32);
    return WeightSource.mapped(weights, DType.FLOAT32, Device.CPU).build(network);
  }

  private void writeAll() {
    ModelWriter writer = new ModelWriter(folder);
    StageCConfig c = StageCConfig.read(config(Component.PRIOR));
    StageBConfig b = StageBConfig.read(config(Component.DECODER));
    StageAConfig a = StageAConfig.read(config(Component.VQGAN));
    ImageEncoderConfig e = ImageEncoderConfig.read(config(Component.IMAGE_ENCODER));
    try (StageC stageC = load(Component.PRIOR, p -> new StageC(c, p));
        StageB stageB = load(Component.DECODER, p -> new StageB(b, p));
        StageA stageA = load(Component.VQGAN, p -> new StageA(a, p));
        ImageEncoder encoder = load(Component.IMAGE_ENCODER, p -> new ImageEncoder(e, p))) {
      writer.stageC(c, stageC.parameters().state());
      writer.stageB(b, stageB.parameters().state());
      writer.stageA(a, stageA.parameters().state());
      writer.imageEncoder(e, encoder.parameters().state());
    }
    writeText(writer, Component.PRIOR_TEXT_ENCODER, Component.PRIOR_TOKENIZER);
    writeText(writer, Component.DECODER_TEXT_ENCODER, Component.DECODER_TOKENIZER);
    writer.preview(
        new LatentPreview(
            List.of(
                List.of(1.0, 0.0, 0.0, 0.0),
                List.of(0.0, 1.0, 0.0, 0.0),
                List.of(0.0, 0.0, 1.0, 0.0)),
            List.of(0.5, 0.5, 0.5)));
    writer.index(ModelWriter.Geometry.published(new PictureSize(128, 128)));
  }

  private void writeText(ModelWriter writer, Component encoder, Component tokenizer) {
    ClipTextConfig config = ClipTextConfig.read(config(encoder));
    try (ClipTextEncoder tower = load(encoder, p -> new ClipTextEncoder(config, p))) {
      writer.text(
          encoder,
          config,
          tower.parameters().state(),
          ClipTokenizer.load(original.require(tokenizer).folder()));
    }
  }

  @Test
  void whatItWritesPaintsTheSamePictures() throws IOException {
    writeAll();
    ModelFolder written = ModelFolder.open(folder);
    PipelineOptions options = PipelineOptions.standard().withType(DType.FLOAT32);
    GenerationResult after;
    GenerationResult before;
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(written, options)) {
      after = pipeline.generate(REQUEST);
    }
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(original, options)) {
      before = pipeline.generate(REQUEST.withSize(128, 128));
    }
    // Also without a size: the model says what it was trained on.
    assertThat(after.image()).isEqualTo(before.image());
    assertThat(written.components()).containsOnlyKeys(Component.values());
    assertThat(written.preview()).isPresent();
    assertLayout();
  }

  private void assertLayout() throws IOException {
    // Batch norm's counter, which PyTorch misses otherwise.
    WeightFile vqgan =
        WeightFile.open(folder.resolve("decoder/vqgan/diffusion_pytorch_model.safetensors"));
    assertThat(vqgan.entry("down_blocks.3.1.num_batches_tracked").shape()).isEmpty();
    String index = Files.readString(folder.resolve("prior/model_index.json"));
    assertThat(index).contains("\"WuerstchenPriorPipeline\"", "\"resolution_multiple\" : 42.67");
    ConfigFile scheduler = ConfigFile.read(folder.resolve("prior/scheduler/scheduler_config.json"));
    assertThat(scheduler.doubleValue(0, "s")).isEqualTo(0.008);
    // Nothing but whole files.
    try (var files = Files.walk(folder)) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .noneMatch(name -> name.endsWith(".tmp"));
    }
  }

  @Test
  void copiesPartsThatWereNotTrained() {
    ModelWriter writer = new ModelWriter(folder);
    for (Component part : Set.of(Component.VQGAN, Component.DECODER_TOKENIZER)) {
      writer.copy(original.require(part));
    }
    assertThat(ModelFolder.open(folder).components().keySet())
        .containsExactlyInAnyOrder(Component.VQGAN, Component.DECODER_TOKENIZER);
    Map<Component, ComponentFolder> copied = ModelFolder.open(folder).components();
    assertThat(copied.get(Component.VQGAN).weights(DType.FLOAT32).names())
        .isEqualTo(original.require(Component.VQGAN).weights(DType.FLOAT32).names());
  }

  /** A sharded model's index would count before the one file. */
  @Test
  void leavesNoOlderWeightsBeside() throws IOException {
    Path prior = Files.createDirectories(folder.resolve("model/prior/prior"));
    for (String old :
        List.of(
            "diffusion_pytorch_model.safetensors.index.json",
            "diffusion_pytorch_model-00001-of-00002.safetensors",
            "diffusion_pytorch_model.fp16.safetensors",
            "diffusion_pytorch_model.bin")) {
      Files.writeString(prior.resolve(old), "old");
    }
    ModelFolder model = ModelFolder.open(Fixtures.wuerstchen());
    new ModelWriter(folder.resolve("model")).copy(model.require(Component.PRIOR), DType.BFLOAT16);
    try (Stream<Path> files = Files.list(prior)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("config.json", "diffusion_pytorch_model.safetensors");
    }
  }

  @Test
  void copiesMatricesInAnotherTypeAndVectorsAsTheyAre() {
    ModelWriter writer = new ModelWriter(folder);
    for (Component part :
        Set.of(Component.PRIOR, Component.PRIOR_TEXT_ENCODER, Component.PRIOR_TOKENIZER)) {
      writer.copy(original.require(part), DType.BFLOAT16);
    }
    for (Component part : Set.of(Component.PRIOR, Component.PRIOR_TEXT_ENCODER)) {
      WeightFile copied = ModelFolder.open(folder).require(part).weights(DType.FLOAT32);
      assertThat(copied.names())
          .isEqualTo(original.require(part).weights(DType.FLOAT32).names())
          .allSatisfy(
              name ->
                  assertThat(copied.entry(name).type().dtype())
                      .as(name)
                      .contains(
                          copied.entry(name).shape().size() > 1 ? DType.BFLOAT16 : DType.FLOAT32));
    }
    assertThat(ModelFolder.open(folder).components()).containsKey(Component.PRIOR_TOKENIZER);
  }

  @Test
  void writesTheScheduleThatIsNotThereYet() {
    ModelWriter writer = new ModelWriter(folder);
    ModelWriter.Geometry geometry = ModelWriter.Geometry.published(new PictureSize(128, 128));
    writer.copy(original.require(Component.DECODER));
    writer.schedule(new CosineSchedule(0.01, 1));
    writer.index(geometry);
    writer.copy(original.require(Component.PRIOR));
    writer.index(geometry);
    ModelFolder written = ModelFolder.open(folder);
    assertThat(written.components()).containsKey(Component.PRIOR_SCHEDULER);
    assertThat(written.schedule(Component.DECODER_SCHEDULER).s()).isEqualTo(0.01);
  }

  /** A part with a configuration is whole. */
  @Test
  void copiesTheConfigurationLast() throws IOException {
    Path prior = folder.resolve("prior/prior");
    Files.createDirectories(prior.resolve("diffusion_pytorch_model.safetensors/obstacle"));
    ModelWriter writer = new ModelWriter(folder);
    ComponentFolder part = original.require(Component.PRIOR);
    assertThatThrownBy(() -> writer.copy(part))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(prior.toString());
    assertThat(prior.resolve("config.json")).doesNotExist();
  }
}
