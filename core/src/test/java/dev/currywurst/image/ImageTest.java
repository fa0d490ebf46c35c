package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import org.junit.jupiter.api.Test;

class ImageTest {
  /** Red and green above blue and white. */
  private static final Image FOUR =
      Image.of(2, 2, bytes(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255));

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void bytesLieRowByRow() {
    assertThat(FOUR.at(1, 0)).isEqualTo(new Rgb(0, 255, 0));
    assertThat(FOUR.at(0, 1)).isEqualTo(new Rgb(0, 0, 255));
  }

  @Test
  void planesAreChannelsOneAfterTheOther() {
    assertThat(FOUR.planes())
        .containsExactly(
            1, 0, 0, 1, //
            0, 1, 0, 1, //
            0, 0, 1, 1);
    assertThat(Image.ofPlanes(2, 2, FOUR.planes())).isEqualTo(FOUR);
  }

  @Test
  void everyByteSurvivesPlanes() {
    byte[] all = new byte[3 * 256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) (i / 3);
    }
    Image ramp = Image.of(256, 1, all);
    assertThat(Image.ofPlanes(256, 1, ramp.planes())).isEqualTo(ramp);
  }

  @Test
  void planesOutOfRangeAreClamped() {
    Image image = Image.ofPlanes(1, 1, new float[] {-3, Float.NaN, 1.5f});
    assertThat(image.at(0, 0)).isEqualTo(new Rgb(0, 0, 255));
  }

  @Test
  void halvesRoundToEvenAsInNumPy() {
    Image image = Image.ofPlanes(1, 1, new float[] {0.5f / 255, 1.5f / 255, 127.5f / 255});
    assertThat(image.at(0, 0)).isEqualTo(new Rgb(0, 2, 128));
  }

  @Test
  void callersCannotChangeAnImage() {
    byte[] bytes = bytes(1, 2, 3);
    Image image = Image.of(1, 1, bytes);
    bytes[0] = 9;
    image.rgb()[1] = 9;
    assertThat(image.at(0, 0)).isEqualTo(new Rgb(1, 2, 3));
  }

  @Test
  void cropsPlacesAndMirrors() {
    assertThat(FOUR.crop(1, 1, 1, 1)).isEqualTo(Image.filled(1, 1, Rgb.WHITE));
    assertThat(FOUR.mirrored().at(0, 0)).isEqualTo(new Rgb(0, 255, 0));

    Image canvas = FOUR.placedOn(3, 3, 2, 2, Rgb.BLACK);
    assertThat(canvas.at(2, 2)).isEqualTo(new Rgb(255, 0, 0));
    assertThat(canvas.at(1, 1)).isEqualTo(Rgb.BLACK);
    assertThat(FOUR.placedOn(2, 2, -1, -1, Rgb.BLACK).at(0, 0)).isEqualTo(Rgb.WHITE);
    assertThat(FOUR.placedOn(2, 2, 5, 0, Rgb.BLACK)).isEqualTo(Image.filled(2, 2, Rgb.BLACK));
  }

  @Test
  void partsOutsideAreRefused() {
    assertThatThrownBy(() -> FOUR.crop(1, 0, 2, 1)).hasMessageContaining("not inside");
    assertThatThrownBy(() -> FOUR.crop(0, 0, 0, 1)).hasMessageContaining("not inside");
    assertThatThrownBy(() -> FOUR.crop(Integer.MAX_VALUE, 0, 2, 1))
        .hasMessageContaining("not inside");
    assertThatThrownBy(() -> FOUR.at(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Image.of(2, 2, new byte[11])).hasMessageContaining("11 bytes");
  }

  @Test
  void survivesJava2d() {
    assertThat(Image.of(FOUR.toBufferedImage())).isEqualTo(FOUR);
  }

  @Test
  void equalityIsSizeAndBytes() {
    assertThat(Image.filled(2, 1, Rgb.WHITE))
        .isEqualTo(Image.filled(2, 1, Rgb.WHITE))
        .hasSameHashCodeAs(Image.filled(2, 1, Rgb.WHITE))
        .isNotEqualTo(Image.filled(1, 2, Rgb.WHITE))
        .isNotEqualTo(Image.filled(2, 1, Rgb.BLACK));
  }

  @Test
  void coloursAreReadAsPeopleWriteThem() {
    assertThat(Rgb.parse("White")).isEqualTo(Rgb.WHITE);
    assertThat(Rgb.parse("336699")).isEqualTo(Rgb.parse("#336699")).hasToString("#336699");
    assertThatThrownBy(() -> Rgb.parse("mauve"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("The colour \"mauve\" is not understood: write white, black or #rrggbb.");
  }
}
