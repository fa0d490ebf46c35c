package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.RgbaImage.Box;
import org.junit.jupiter.api.Test;

class RgbaImageTest {
  private static final int CLEAR = 0x00123456;
  private static final int OPAQUE_WHITE = 0xffffffff;
  private static final int FAINT = 0x01000000;

  @Test
  void transparentPixelsShowTheBackground() {
    RgbaImage image = RgbaImage.of(3, 1, new int[] {CLEAR, 0xff010203, 0x80ff0000});
    Image flat = image.flatten(Rgb.WHITE);
    assertThat(flat.at(0, 0)).isEqualTo(Rgb.WHITE);
    assertThat(flat.at(1, 0)).isEqualTo(new Rgb(1, 2, 3));
    assertThat(flat.at(2, 0)).isEqualTo(new Rgb(255, 127, 127));
  }

  @Test
  void opaquePicturesPassThrough() {
    Image image = Image.filled(3, 2, new Rgb(9, 200, 77));
    assertThat(RgbaImage.of(image).flatten(Rgb.BLACK)).isEqualTo(image);
    assertThat(RgbaImage.of(image).hasTransparency()).isFalse();
  }

  @Test
  void contentOfACutOutIsWhatShows() {
    RgbaImage image =
        RgbaImage.of(
            4,
            3,
            new int[] {
              CLEAR, CLEAR, CLEAR, CLEAR, //
              CLEAR, CLEAR, OPAQUE_WHITE, CLEAR, //
              CLEAR, FAINT, CLEAR, CLEAR
            });
    // White on a white background, and hardly there at all: both are drawn.
    assertThat(image.contentBox(Rgb.WHITE, 200)).contains(new Box(1, 1, 2, 2));
  }

  @Test
  void contentOfAnOpaquePictureDiffersFromTheBackground() {
    int nearlyWhite = 0xfff8ffff;
    RgbaImage image =
        RgbaImage.of(3, 2, new int[] {nearlyWhite, -1, -1, OPAQUE_WHITE, OPAQUE_WHITE, 0xff00ff00});
    assertThat(image.contentBox(Rgb.WHITE, 0)).contains(new Box(0, 0, 3, 2));
    assertThat(image.contentBox(Rgb.WHITE, 7)).contains(new Box(2, 1, 1, 1));
    assertThat(image.contentBox(Rgb.BLACK, 0)).contains(new Box(0, 0, 3, 2));
  }

  @Test
  void nothingDrawnIsNoBox() {
    assertThat(RgbaImage.of(2, 1, new int[] {CLEAR, CLEAR}).contentBox(Rgb.WHITE, 0)).isEmpty();
    assertThat(RgbaImage.of(2, 1, new int[] {-1, -1}).contentBox(Rgb.WHITE, 0)).isEmpty();
  }
}
