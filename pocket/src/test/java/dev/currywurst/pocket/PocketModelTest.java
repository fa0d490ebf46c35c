package dev.currywurst.pocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.clip.ClipModel;
import dev.currywurst.hub.DownloadListener;
import dev.currywurst.image.Image;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.GenerationResult;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PocketModelTest {
  private static final long MOST_BYTES = 40_000_000;

  @TempDir Path cache;

  @Test
  void itIsFoundByItsNameAndPaints() {
    ModelFolder model = ModelLocator.standard(DownloadListener.silent()).find(PocketModel.NAME);
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(model)) {
      GenerationRequest request =
          GenerationRequest.of("a red house beside a green tree").withSeed(1).withSteps(2);
      GenerationResult result = pipeline.generate(request.withDecoderSteps(1), step -> {});
      assertThat(result.image().width()).isEqualTo(128);
      assertThat(result.image().height()).isEqualTo(128);
    }
  }

  /**
   * Eight things of different kinds: most are found by the bundled CLIP among the eight captions.
   */
  @Test
  void itPaintsWhatItIsAskedFor() {
    List<String> captions =
        List.of(
            "a red heart",
            "a blue car",
            "a green tree",
            "a yellow star",
            "a purple house",
            "two orange cherries",
            "a black cat",
            "a brown bear");
    PocketModel pocket = new PocketModel();
    List<Image> painted;
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(ModelFolder.open(pocket.folder()))) {
      painted =
          pipeline
              .generate(GenerationRequest.of(captions).withSeed(1), step -> {})
              .images()
              .stream()
              .map(GeneratedImage::image)
              .toList();
    }
    int found = 0;
    try (ClipModel clip = ClipModel.load(pocket.clip());
        Scope scope = Scope.open()) {
      Tensor texts = ClipModel.unit(clip.embedTexts(captions));
      Tensor pictures = ClipModel.unit(clip.embedImages(painted));
      float[] cosines = pictures.matmul(texts.transpose(0, 1)).toFloats();
      for (int i = 0; i < captions.size(); i++) {
        int best = 0;
        for (int k = 0; k < captions.size(); k++) {
          if (cosines[i * captions.size() + k] > cosines[i * captions.size() + best]) {
            best = k;
          }
        }
        found += best == i ? 1 : 0;
      }
    }
    assertThat(found).as("of 8; by chance 1").isGreaterThanOrEqualTo(6);
  }

  @Test
  void itIsAWholeModelOfAtMostFortyMegabytes() throws IOException {
    Path folder = new PocketModel(cache).folder();
    assertThat(ModelFolder.open(folder).has(Component.values())).isTrue();
    assertThat(bytes(folder)).isLessThan(MOST_BYTES);
  }

  @Test
  void itIsCopiedOnceAndAgainIfFilesGoMissing() throws IOException {
    PocketModel model = new PocketModel(cache);
    Path folder = model.folder();
    Path weights = folder.resolve("prior/prior/diffusion_pytorch_model.safetensors");
    long written = Files.getLastModifiedTime(weights).toMillis();
    assertThat(model.folder()).isEqualTo(folder);
    assertThat(Files.getLastModifiedTime(weights).toMillis()).isEqualTo(written);

    long size = Files.size(weights);
    Files.delete(weights);
    assertThat(model.folder()).isEqualTo(folder);
    assertThat(weights).hasSize(size);
    try (Stream<Path> left = Files.list(cache)) {
      assertThat(left).containsExactly(folder);
    }
  }

  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(PocketModelTest::size).sum();
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
