package dev.currywurst.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.ImageLoader.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageLoaderTest {
  @TempDir Path folder;

  /** Pictures whose width tells their place. */
  private List<CaptionedImage> pictures(int count) {
    List<CaptionedImage> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path file = folder.resolve(i + ".png");
      Png.write(Image.filled(i + 1, 3, Rgb.BLACK), file);
      images.add(new CaptionedImage(file, List.of("square " + i), Fingerprint.ofFile(file)));
    }
    return images;
  }

  private static void damage(CaptionedImage image) throws IOException {
    byte[] bytes = Files.readAllBytes(image.file());
    Files.write(image.file(), Arrays.copyOf(bytes, bytes.length / 2));
  }

  private static ImageLoader loader(int threads, double maxBroken) {
    return new ImageLoader(ImageDecoder.DEFAULT, threads, maxBroken);
  }

  /** What is kept of a picture is kept under the content that it had when it was listed. */
  @Test
  void aPictureThatWasReplacedIsNotTakenForTheOtherOne() {
    List<CaptionedImage> images = pictures(1);
    Png.write(Image.filled(7, 3, Rgb.BLACK), images.get(0).file());
    assertThatThrownBy(() -> loader(1, 0).decode(images.get(0)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageEndingWith(
            "0.png is another picture than when the set was listed; start again.");
  }

  @Test
  void keepsTheOrderWhateverThreadIsFaster() {
    List<CaptionedImage> images = pictures(40);
    CountDownLatch others = new CountDownLatch(39);
    Loaded<Integer> loaded =
        loader(2, 0)
            .load(
                images,
                picture -> {
                  if (picture.width() == 1) {
                    awaitUninterruptibly(others); // The first comes last.
                  } else {
                    others.countDown();
                  }
                  return picture.width();
                });
    assertThat(loaded.samples()).extracting(ImageLoader.Sample::source).isEqualTo(images);
    assertThat(loaded.samples())
        .allSatisfy(s -> assertThat(s.source().caption()).isEqualTo("square " + (s.picture() - 1)));
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void brokenPicturesAreLeftOutAndNamed() throws IOException {
    List<CaptionedImage> images = pictures(40);
    damage(images.get(7));
    Files.delete(images.get(20).file());

    Loaded<RgbaImage> loaded = loader(2, 0.05).load(images, Function.identity());

    assertThat(loaded.samples()).hasSize(38);
    assertThat(loaded.report().loaded()).isEqualTo(38);
    assertThat(loaded.report().broken().keySet())
        .containsExactly(images.get(7).name(), images.get(20).name());
    assertThat(loaded.report().brokenFraction()).isEqualTo(0.05);
    assertThat(loaded.report().notice())
        .hasValue(
            "Left out 2 of 40 pictures: %s is a truncated PNG picture. %s does not exist."
                .formatted(images.get(7).file(), images.get(20).file()));
  }

  @Test
  void namesAFewOfManyOverBothHalvesOfASet() {
    Map<String, String> broken = new LinkedHashMap<>();
    for (int i = 1; i <= 6; i++) {
      broken.put(i + ".png", i + ".png is empty.");
    }
    LoadReport more = new LoadReport(5, Map.of("7.png", "7.png is empty."));
    assertThat(new LoadReport(90, broken).plus(more).notice())
        .hasValue(
            "Left out 7 of 102 pictures: 1.png is empty. 2.png is empty. 3.png is empty. 4.png is empty. 5.png is empty. And 2 more.");
  }

  @Test
  void tooManyBrokenPicturesStopTheRun() throws IOException {
    List<CaptionedImage> images = pictures(40);
    for (int i : new int[] {3, 7, 20}) {
      damage(images.get(i));
    }
    assertThatThrownBy(() -> loader(2, 0.05).load(images, Function.identity()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "3 of 40 pictures are broken, more than the 5 % allowed: "
                + images.get(3).file()
                + " is a truncated PNG picture. "
                + images.get(7).file()
                + " is a truncated PNG picture. "
                + images.get(20).file()
                + " is a truncated PNG picture.");
  }

  @Test
  void aMistakeInTheProgramIsNotABrokenPicture() {
    assertThatThrownBy(
            () ->
                loader(2, 1)
                    .load(
                        pictures(2),
                        picture -> {
                          throw new ArithmeticException("a bug");
                        }))
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("a bug");
  }

  @Test
  void nothingToLoadIsNothingLoaded() {
    LoadReport report = loader(1, 0).load(List.of(), Function.identity()).report();
    assertThat(report.all()).isZero();
    assertThat(report.notice()).isEmpty();
  }
}
