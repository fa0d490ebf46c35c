package dev.currywurst.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Resize.Filter;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.train.data.Preparation.Augmentation;
import dev.currywurst.train.data.Preparation.Trim;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreparationTest {
  private static final Rgb RED = new Rgb(255, 0, 0);
  private static final int OPAQUE_RED = 0xffff0000;

  private static RgbaImage picture(String name) {
    return ImageDecoder.DEFAULT.read(Fixtures.path("pictures/" + name + ".png"));
  }

  /** Transparent but for a red rectangle. */
  private static RgbaImage sprite(int width, int height, int left, int top, int w, int h) {
    int[] argb = new int[width * height];
    for (int y = top; y < top + h; y++) {
      for (int x = left; x < left + w; x++) {
        argb[y * width + x] = OPAQUE_RED;
      }
    }
    return RgbaImage.of(width, height, argb);
  }

  private static Preparation nearest(int resolution, double margin) {
    return new Preparation(
        resolution, Rgb.WHITE, Filter.NEAREST, Optional.of(new Trim(margin, 0)), Augmentation.NONE);
  }

  /** {@code Compose([Resize(side), CenterCrop(side)])} on wide and tall, smaller and larger. */
  @ParameterizedTest
  @CsvSource({"source, 16", "source, 64", "tall, 16", "tall, 64"})
  void cropsAsTorchvision(String name, int side) {
    assertThat(Preparation.centerCrop(side).apply(picture(name)))
        .isEqualTo(picture("prepared/" + name + "-" + side).flatten(Rgb.WHITE));
  }

  @Test
  void transparencyBecomesTheBackground() {
    Preparation onBlack =
        new Preparation(4, Rgb.BLACK, Filter.BILINEAR, Optional.empty(), Augmentation.NONE);
    assertThat(onBlack.apply(sprite(9, 4, 0, 0, 0, 0))).isEqualTo(Image.filled(4, 4, Rgb.BLACK));
  }

  @Test
  void trimmingCentresTheContentInASquare() {
    // 4x2 of content and a margin of a quarter: a square of 6 with two rows above and below.
    Image image = nearest(6, 0.25).apply(sprite(40, 30, 7, 20, 4, 2));
    assertThat(image).isEqualTo(Image.filled(4, 2, RED).placedOn(6, 6, 1, 2, Rgb.WHITE));
  }

  @Test
  void trimmedPicturesAreEnlargedAndShrunk() {
    assertThat(nearest(50, 0).apply(sprite(40, 30, 7, 20, 5, 5)))
        .isEqualTo(Image.filled(50, 50, RED));
    assertThat(nearest(2, 0).apply(sprite(40, 30, 7, 20, 8, 8))).isEqualTo(Image.filled(2, 2, RED));
  }

  @Test
  void opaquePicturesAreTrimmedToWhatDiffers() {
    RgbaImage opaque = RgbaImage.of(Image.filled(3, 3, RED).placedOn(20, 10, 12, 1, Rgb.WHITE));
    assertThat(nearest(3, 0).apply(opaque)).isEqualTo(Image.filled(3, 3, RED));
  }

  @Test
  void anEmptyPictureStaysEmpty() {
    assertThat(nearest(5, 0.1).apply(sprite(20, 10, 0, 0, 0, 0)))
        .isEqualTo(Image.filled(5, 5, Rgb.WHITE));
  }

  @Test
  void flipsAsOftenAsAsked() {
    RgbaImage half = sprite(8, 8, 0, 0, 4, 8);
    Preparation plain =
        new Preparation(8, Rgb.WHITE, Filter.BOX, Optional.empty(), Augmentation.NONE);
    Preparation flipping = plain.withAugmentation(new Augmentation(0.25, 0, false));
    RandomGenerator random = new SplittableRandom(5);
    int flipped = 0;
    for (int i = 0; i < 2000; i++) {
      Image image = flipping.apply(half, random);
      if (image.equals(plain.apply(half).mirrored())) {
        flipped++;
      } else {
        assertThat(image).isEqualTo(plain.apply(half));
      }
    }
    assertThat(flipped).isBetween(430, 570);
  }

  @Test
  void shiftsStayWithinTheirBound() {
    RgbaImage dot = sprite(30, 30, 10, 10, 10, 10);
    Preparation shifting = nearest(20, 0.5).withAugmentation(new Augmentation(0, 0.1, false));
    RandomGenerator random = new SplittableRandom(5);
    Set<Image> seen = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      seen.add(shifting.apply(dot, random));
    }
    Set<Image> expected = new HashSet<>();
    for (int x = 3; x <= 7; x++) {
      for (int y = 3; y <= 7; y++) {
        expected.add(Image.filled(10, 10, RED).placedOn(20, 20, x, y, Rgb.WHITE));
      }
    }
    assertThat(seen).isEqualTo(expected);
  }

  @Test
  void randomCropsReachBothEnds() {
    RgbaImage ramp = sprite(12, 4, 0, 0, 1, 4);
    Preparation cropping =
        new Preparation(4, Rgb.WHITE, Filter.BOX, Optional.empty(), new Augmentation(0, 0, true));
    RandomGenerator random = new SplittableRandom(5);
    Set<Image> seen = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      seen.add(cropping.apply(ramp, random));
    }
    assertThat(seen)
        .containsExactlyInAnyOrder(
            Image.filled(1, 4, RED).placedOn(4, 4, 0, 0, Rgb.WHITE), Image.filled(4, 4, Rgb.WHITE));
  }

  @ParameterizedTest
  @CsvSource({"false, 16, 16", "true, 22, 16"})
  void keepsNoMoreOfAPictureThanItsSamplesNeed(boolean randomCrop, int width, int height) {
    Preparation plain =
        Preparation.centerCrop(16).withAugmentation(new Augmentation(0, 0, randomCrop));
    Image reduced = plain.reduce(sprite(1100, 800, 0, 0, 500, 500));
    assertThat(reduced.width()).isEqualTo(width);
    assertThat(reduced.height()).isEqualTo(height);
  }

  @Test
  void trimmedPicturesAreKeptAtTwiceTheResolution() {
    assertThat(nearest(10, 0).reduce(sprite(90, 90, 3, 4, 80, 20)))
        .isEqualTo(Image.filled(20, 5, RED));
    assertThat(nearest(10, 0).reduce(sprite(90, 90, 3, 4, 20, 5)))
        .isEqualTo(Image.filled(20, 5, RED));
    assertThat(nearest(10, 0).reduce(sprite(90, 90, 3, 4, 1, 80)))
        .isEqualTo(Image.filled(1, 20, RED));
  }

  @Test
  void equalRandomNumbersMakeEqualPictures() {
    Preparation trimmed =
        new Preparation(
            16, Rgb.WHITE, Filter.BILINEAR, Optional.of(new Trim(0.1, 0)), Augmentation.NONE);
    Preparation all = trimmed.withAugmentation(new Augmentation(0.5, 0.2, true));
    RgbaImage picture = picture("source");
    assertThat(all.apply(picture, new SplittableRandom(9)))
        .isEqualTo(all.apply(picture, new SplittableRandom(9)));
    assertThat(all.apply(picture)).isEqualTo(trimmed.apply(picture));
  }
}
