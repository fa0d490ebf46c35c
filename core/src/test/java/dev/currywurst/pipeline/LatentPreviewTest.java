package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.CurrywurstException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatentPreviewTest {
  private static final long SEED = 8;
  private static final LatentPreview MAP =
      new LatentPreview(
          List.of(
              List.of(0.1, 0.0, 0.02, 0.0),
              List.of(0.0, 0.1, 0.0, 0.0),
              List.of(0.0, 0.0, 0.05, 0.05)),
          List.of(0.5, 0.4, 0.6));

  @TempDir Path folder;

  private static StageCLatents random(Random random) {
    float[] values = new float[4 * 6 * 5];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new StageCLatents(LatentGrid.of(4, 6, 5, values));
  }

  private static List<LatentPreview.Example> examples() {
    Random random = new Random(SEED);
    List<LatentPreview.Example> examples = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      StageCLatents latents = random(random);
      Image large = Resize.resize(MAP.paint(latents), 40, 48, Resize.Filter.NEAREST);
      examples.add(new LatentPreview.Example(latents, large));
    }
    return examples;
  }

  @Test
  void findsTheMapThatMadeThePictures() {
    LatentPreview fitted = LatentPreview.fit(examples());
    for (int colour = 0; colour < 3; colour++) {
      assertThat(fitted.bias().get(colour)).isCloseTo(MAP.bias().get(colour), within(0.002));
      for (int c = 0; c < 4; c++) {
        assertThat(fitted.weights().get(colour).get(c))
            .isCloseTo(MAP.weights().get(colour).get(c), within(0.002));
      }
    }
  }

  @Test
  void readsWhatItWrites() {
    Path file = folder.resolve("preview.safetensors");
    MAP.save(file);
    StageCLatents latents = random(new Random(SEED));
    assertThat(LatentPreview.load(file).paint(latents)).isEqualTo(MAP.paint(latents));
  }

  @Test
  void withoutAMapTheStrongestDirectionsShow() {
    // Channel 2 varies most, then channel 0; the others hardly.
    float[] values = new float[4 * 4];
    for (int i = 0; i < 4; i++) {
      values[2 * 4 + i] = i < 2 ? -10 : 10;
      values[i] = i % 2 == 0 ? -1 : 1;
    }
    StageCLatents latents = new StageCLatents(LatentGrid.of(4, 2, 2, values));
    Image image = LatentPreview.principal(latents).paint(latents);
    assertThat(image.at(0, 0).red()).isLessThan(image.at(0, 1).red());
    assertThat(image.at(0, 0).red()).isEqualTo(image.at(1, 0).red());
    assertThat(image.at(0, 0).green()).isLessThan(image.at(1, 0).green());
    assertThat(image.at(0, 0).blue()).isEqualTo(image.at(1, 1).blue());
  }

  @Test
  void refusesLatentsOfAnotherModel() {
    StageCLatents other = new StageCLatents(LatentGrid.of(16, 1, 1, new float[16]));
    assertThatThrownBy(() -> MAP.paint(other))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("A preview of 4 channels cannot show latents of 16.");
    assertThatThrownBy(() -> LatentPreview.fit(List.of())).isInstanceOf(CurrywurstException.class);
  }
}
