package dev.currywurst.pocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.hub.DownloadListener;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.GenerationResult;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.pipeline.WuerstchenPipeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
