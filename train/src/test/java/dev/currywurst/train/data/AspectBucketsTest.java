package dev.currywurst.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AspectBucketsTest {
  @TempDir Path folder;

  /** As Stable Cascade's bucketeer computes them for 1024 pixels in steps of 128. */
  @Test
  void hasTheSizesOfStableCascade() {
    assertThat(AspectBuckets.sizes(1024, 128))
        .extracting(Frame::toString)
        .containsExactly(
            "1024x1024",
            "1408x640",
            "640x1408",
            "1152x768",
            "768x1152",
            "1280x768",
            "768x1280",
            "1024x896",
            "896x1024");
  }

  @Test
  void noSizeHasMorePixelsThanTheSquare() {
    for (int resolution : new int[] {128, 256, 512, 1024}) {
      for (Frame size : AspectBuckets.sizes(resolution, 32)) {
        assertThat(size.width() * size.height()).isLessThanOrEqualTo(resolution * resolution);
        assertThat(size.width() % 32).isZero();
      }
    }
    assertThat(AspectBuckets.sizes(32, 32)).containsExactly(new Frame(32, 32));
  }

  private static double[] ones(int size) {
    return DoubleStream.generate(() -> 1).limit(size).toArray();
  }

  @Test
  void smallBucketsJoinTheClosest() {
    List<Frame> pictures = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      pictures.add(new Frame(100, 100));
      pictures.add(new Frame(160, 90));
    }
    pictures.add(new Frame(240, 100));
    AspectBuckets buckets = AspectBuckets.of(pictures, ones(13), AspectBuckets.sizes(128, 32), 4);

    assertThat(buckets.frames().get(0)).hasToString("128x128");
    assertThat(buckets.frames().get(12)).isEqualTo(buckets.frames().get(1));
    assertThat(buckets.members()).hasSize(2);
    assertThat(buckets.notice())
        .isEqualTo(
            "Buckets of pictures: 128x128 (6), 160x96 (7); moved, as they would not fill a batch: 1"
                + " of 160x64.");
  }

  @Test
  void oneBucketMayBeSmall() {
    AspectBuckets buckets =
        AspectBuckets.of(
            List.of(new Frame(9, 16), new Frame(16, 9)), ones(2), AspectBuckets.sizes(128, 32), 4);
    assertThat(buckets.members()).hasSize(1);
  }

  @Test
  void batchesAreOfOneSizeWhateverTheirParts() {
    List<CaptionedImage> images = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Path file = folder.resolve(i + ".png");
      boolean wide = i % 2 == 0;
      Png.write(Image.filled(wide ? 64 : 32, wide ? 32 : 64, new Rgb(20 * i, 0, 0)), file);
      images.add(new CaptionedImage(file, List.of("red " + i), Fingerprint.ofFile(file)));
    }
    PictureBatches.Plan plan =
        new PictureBatches.Plan(Preparation.centerCrop(32), 0, 0, Optional.of(8));
    try (PictureBatches batches = new PictureBatches(images, plan, new Draws(1), 4, 2)) {
      assertThat(batches.notice()).hasValue("Buckets of pictures: 24x40 (5), 40x24 (5).");
      Map<String, Integer> seen = new HashMap<>();
      for (long step = 0; step < 5; step++) {
        for (int first = 0; first < 4; first += 2) {
          Part part = new Part(step, first, 2);
          Batch batch = batches.readyBatch(part);
          assertThat(batch.planes(0)).isEqualTo(batches.batch(part).planes(0));
          assertThat(batch.planes(0)).hasSize(3 * 40 * 24);
          assertThat(batch.keys().get(0).orElseThrow()).endsWith("-plain-" + batch.frame());
          batch.captions().forEach(caption -> seen.merge(caption, 1, Integer::sum));
        }
      }
      assertThat(seen).hasSize(10).allSatisfy((caption, times) -> assertThat(times).isEqualTo(2));
      assertThatThrownBy(() -> batches.batch(new Part(0, 0, 3)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void stripsAreCutToTheirMiddle() {
    Image strip = Image.filled(40_000, 1, new Rgb(1, 2, 3));
    assertThat(Preparation.centerCrop(256).apply(RgbaImage.of(strip)).width()).isEqualTo(256);
    assertThat(
            Preparation.centerCrop(256).apply(RgbaImage.of(Image.filled(1, 1, new Rgb(1, 2, 3)))))
        .isEqualTo(Image.filled(256, 256, new Rgb(1, 2, 3)));
  }
}
