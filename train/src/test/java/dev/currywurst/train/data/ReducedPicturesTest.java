package dev.currywurst.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten pictures of 40 pixels, reduced to 8: 192 bytes each. */
class ReducedPicturesTest {
  private static final Preparation SMALL = Preparation.centerCrop(8);

  @TempDir Path folder;
  private final List<CaptionedImage> images = new ArrayList<>();

  @BeforeEach
  void paint() {
    for (int i = 0; i < 10; i++) {
      Path file = folder.resolve(i + ".png");
      Png.write(Image.filled(40, 40, new Rgb(20 * i, 0, 0)), file);
      images.add(new CaptionedImage(file, List.of("red " + i), Fingerprint.ofFile(file)));
    }
  }

  private ReducedPictures pictures(long mostBytes) {
    return new ReducedPictures(images, SMALL, Optional.empty(), ImageLoader.DEFAULT, mostBytes);
  }

  private void deleteFiles() throws IOException {
    for (CaptionedImage image : images) {
      Files.delete(image.file());
    }
  }

  @Test
  void areTheSameWhetherTheyFitIntoMemoryOrNot() {
    ReducedPictures none = pictures(0);
    ReducedPictures some = pictures(4 * 192);
    ReducedPictures all = pictures(10 * 192);
    for (int i = 0; i < 10; i++) {
      Image expected = Image.filled(8, 8, new Rgb(20 * i, 0, 0));
      assertThat(none.picture(i)).isEqualTo(expected);
      assertThat(some.picture(i)).isEqualTo(expected);
      assertThat(all.picture(i)).isEqualTo(expected);
    }
  }

  @Test
  void thoseThatFitNeedTheirFilesNoMore() throws IOException {
    ReducedPictures all = pictures(10 * 192);
    ReducedPictures some = pictures(4 * 192);
    deleteFiles();
    int there = 0;
    for (int i = 0; i < 10; i++) {
      assertThat(all.picture(i)).isNotNull();
      try {
        some.picture(i);
        there++;
      } catch (CurrywurstException e) {
        assertThat(e).hasMessage(images.get(i).file() + " does not exist.");
      }
    }
    assertThat(there).isEqualTo(4);
  }

  /** The next batch is made on another thread, whose errors must read like this one's. */
  @Test
  void aPictureThatVanishesIsNamedInOneSentence() throws IOException {
    try (PictureBatches batches =
        new PictureBatches(
            pictures(0), new PictureBatches.Plan(SMALL, 0, 0), new Draws(1), 10, 2)) {
      batches.readyBatch(new Part(0, 0, 5));
      batches.readyBatch(new Part(0, 5, 5));
      deleteFiles();
      assertThatThrownBy(
              () -> {
                for (long step = 1; step < 4; step++) { // Some are ready by now.
                  batches.readyBatch(new Part(step, 0, 5));
                  batches.readyBatch(new Part(step, 5, 5));
                }
              })
          .isInstanceOf(CurrywurstException.class)
          .hasMessageEndingWith(".png does not exist.");
    }
  }
}
