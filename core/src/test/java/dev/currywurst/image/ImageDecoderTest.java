package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what Pillow reads; {@code pictures/make_pictures.py} in the test kit. */
class ImageDecoderTest {
  private static final Rgb GROUND = Rgb.parse("#336699");

  @TempDir Path folder;

  private static Path file(String name) {
    return Fixtures.path("pictures/decoded/" + name);
  }

  private static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(file(name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb.png",
        "rgba.png",
        "gray.png",
        "gray-alpha.png",
        "one-bit.png",
        "palette.png",
        "palette-alpha.png",
        "rgb-key.png",
        "gray-key.png",
        "rgb-16-bit.png",
        "rgba-16-bit.png",
        "gray-alpha-16-bit.png",
        "baseline.jpg",
        "progressive.jpg",
        "gray.jpg",
        "cmyk.jpg",
        "ycck.jpg",
        "transparent.gif",
        "rgb.bmp",
        "palette.bmp",
        "lossless.webp",
        "turned.jpg",
        "turned.png",
        "turned.webp",
        "broken-profile.jpg",
        "broken-profile.png",
        "broken-profile.webp"
      })
  void readsWhatPillowReads(String name) {
    assertThat(ImageDecoder.DEFAULT.read(file(name), GROUND))
        .isEqualTo(ImageDecoder.DEFAULT.read(file(name + ".png"), GROUND));
  }

  /** The library filters block edges a little differently and does not smooth colour. */
  @Test
  void lossyWebpIsCloseToPillow() {
    byte[] ours = ImageDecoder.DEFAULT.read(file("lossy.webp"), GROUND).rgb();
    byte[] pillows = ImageDecoder.DEFAULT.read(file("lossy.webp.png"), GROUND).rgb();
    double sum = 0;
    for (int i = 0; i < ours.length; i++) {
      sum += Math.abs((ours[i] & 0xff) - (pillows[i] & 0xff));
    }
    assertThat(sum / ours.length).isLessThan(4);
  }

  @Test
  void theReferenceItselfIsRightPixelByPixel() {
    Image image = ImageDecoder.DEFAULT.read(file("one-bit.png"), GROUND);
    assertThat(image).hasToString("Image 19x14");
    for (byte value : image.rgb()) {
      assertThat(value).isIn((byte) 0, (byte) 255);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgba.png",
        "palette.png",
        "baseline.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "transparent.gif",
        "rgb.bmp",
        "lossless.webp",
        "lossy.webp"
      })
  void aCutFileIsNeverAnotherPicture(String name) throws IOException {
    byte[] whole = bytes(name);
    RgbaImage picture = ImageDecoder.DEFAULT.decode(whole, name);
    for (int length = 0; length < whole.length; length += 1 + whole.length / 60) {
      byte[] cut = Arrays.copyOf(whole, length);
      try {
        assertThat(ImageDecoder.DEFAULT.decode(cut, name)).isEqualTo(picture);
      } catch (CurrywurstException e) {
        assertThat(e).hasMessageStartingWith(name + " is ").hasMessageEndingWith(".");
        assertThat(e.getMessage().lines()).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"palette.png", "baseline.jpg", "transparent.gif", "rgb.bmp", "lossless.webp"})
  void damageIsOneSentenceOrAPicture(String name) throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] whole = bytes(name);
    for (int i = 0; i < 150; i++) {
      byte[] damaged = whole.clone();
      for (int j = 0; j < 3; j++) {
        damaged[random.nextInt(whole.length)] = (byte) random.nextInt();
      }
      assertThatCode(() -> decodeOrRefuse(damaged, name))
          .as("seed " + seed)
          .doesNotThrowAnyException();
    }
  }

  private static void decodeOrRefuse(byte[] file, String name) {
    try {
      new ImageDecoder(1_000_000).decode(file, name);
    } catch (CurrywurstException e) {
      assertThat(e.getMessage().lines()).hasSize(1);
    }
  }

  @Test
  void oneChangedByteOfPngDataIsNoticed() throws IOException {
    byte[] png = bytes("rgb.png");
    png[png.length - 30] ^= 1;
    assertThatThrownBy(() -> ImageDecoder.DEFAULT.decode(png, "a.png"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("a.png is a damaged PNG picture: the IDAT chunk fails its checksum.");
  }

  @Test
  void hugeDeclaredSizesAreRefusedBeforeDecoding() throws IOException {
    byte[] png = bytes("rgb.png");
    ByteBuffer header = ByteBuffer.wrap(png);
    header.putInt(16, 100_000).putInt(20, 100_000);
    header.putInt(29, PngChunks.checksum(png, 12, 17));
    assertThatThrownBy(() -> ImageDecoder.DEFAULT.decode(png, "bomb.png"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "bomb.png declares 100000x100000 pixels, more than the limit of 64000000: make it"
                + " smaller.");
  }

  @Test
  void aWebpBitstreamLargerThanItsCanvasIsRefused() throws IOException {
    byte[] webp = bytes("turned.webp");
    int stream = new String(webp, StandardCharsets.ISO_8859_1).indexOf("VP8L");
    webp[stream + 9] = (byte) 0xff;
    webp[stream + 10] = (byte) 0xff;
    webp[stream + 11] = (byte) 0xff;
    webp[stream + 12] |= 0x0f;
    assertThatThrownBy(() -> ImageDecoder.DEFAULT.decode(webp, "bomb.webp"))
        .hasMessageContaining("bomb.webp declares 16384x16384 pixels");
  }

  @Test
  void theLimitIsInclusive() {
    assertThat(new ImageDecoder(19 * 14).read(file("rgb.png"))).hasToString("RgbaImage 19x14");
    assertThatThrownBy(() -> new ImageDecoder(19 * 14 - 1).read(file("rgb.png")))
        .hasMessageContaining("declares 19x14 pixels");
  }

  @Test
  void theNameDoesNotDecideTheFormat() throws IOException {
    Path misnamed = Files.copy(file("baseline.jpg"), folder.resolve("actually-a-jpeg.png"));
    assertThat(ImageDecoder.DEFAULT.read(misnamed))
        .isEqualTo(ImageDecoder.DEFAULT.read(file("baseline.jpg")));
  }

  @Test
  void missingAndOtherFilesAreNamed() throws IOException {
    Path missing = folder.resolve("missing.png");
    assertThatThrownBy(() -> ImageDecoder.DEFAULT.read(missing))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(missing + " does not exist.");

    Path text = Files.writeString(folder.resolve("text.png"), "<!DOCTYPE html>");
    assertThatThrownBy(() -> ImageDecoder.DEFAULT.read(text))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(text + " is not a picture in PNG, JPEG, GIF, BMP or WebP format.");

    assertThatThrownBy(() -> ImageDecoder.DEFAULT.read(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith(folder.toString());
  }

  @Test
  void errorsDoNotDependOnTheLanguage() throws IOException {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.JAPAN);
      byte[] jpeg = bytes("baseline.jpg");
      byte[] cut = Arrays.copyOf(jpeg, jpeg.length - 100);
      assertThatThrownBy(() -> ImageDecoder.DEFAULT.decode(cut, "a.jpg"))
          .hasMessage("a.jpg is a truncated JPEG picture.");
    } finally {
      Locale.setDefault(before);
    }
  }
}
