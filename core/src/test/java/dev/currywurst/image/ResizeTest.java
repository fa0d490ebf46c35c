package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Resize.Filter;
import dev.currywurst.image.Resize.Region;
import dev.currywurst.testkit.Fixtures;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against pictures that Pillow resized; {@code pictures/make_pictures.py} in the test kit. */
class ResizeTest {
  private static final Image SOURCE = read("source.png");

  private static Image read(String name) {
    return ImageDecoder.DEFAULT.read(Fixtures.path("pictures/" + name), Rgb.WHITE);
  }

  @ParameterizedTest
  @EnumSource
  void shrinksAsPillow(Filter filter) {
    assertThat(Resize.resize(SOURCE, 16, 9, filter))
        .isEqualTo(read("resized/" + filter + "-16x9.png"));
  }

  @ParameterizedTest
  @EnumSource
  void enlargesAsPillow(Filter filter) {
    assertThat(Resize.resize(SOURCE, 61, 50, filter))
        .isEqualTo(read("resized/" + filter + "-61x50.png"));
  }

  /** Here Pillow changes the height first, and overshoot is clipped at another moment. */
  @ParameterizedTest
  @EnumSource
  void flattensAsPillow(Filter filter) {
    assertThat(Resize.resize(SOURCE, 60, 4, filter))
        .isEqualTo(read("resized/" + filter + "-60x4.png"));
  }

  @ParameterizedTest
  @EnumSource
  void resizesRegionsAsPillow(Filter filter) {
    Region region = new Region(3.25f, 1.5f, 30.75f, 22);
    assertThat(Resize.resize(SOURCE, 20, 31, filter, region))
        .isEqualTo(read("resized/" + filter + "-20x31-region.png"));
  }

  @ParameterizedTest
  @EnumSource
  void theSameSizeIsTheSamePicture(Filter filter) {
    assertThat(Resize.resize(SOURCE, 37, 23, filter)).isEqualTo(SOURCE);
  }

  @ParameterizedTest
  @EnumSource
  void oneColourStaysOneColour(Filter filter) {
    Image plain = Image.filled(7, 5, new Rgb(255, 128, 1));
    assertThat(Resize.resize(plain, 31, 2, filter))
        .isEqualTo(Image.filled(31, 2, new Rgb(255, 128, 1)));
  }

  @Test
  void theLongerSideIsCutNotRounded() {
    // 16 * 37 / 23 = 25.7
    assertThat(Resize.shortSide(SOURCE, 16, Filter.BOX)).hasToString("Image 25x16");
    assertThat(Resize.shortSide(read("tall.png"), 16, Filter.BOX)).hasToString("Image 16x58");
  }

  @Test
  void impossibleSizesAreRefused() {
    assertThatThrownBy(() -> Resize.resize(SOURCE, 0, 5, Filter.BOX))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Resize.resize(SOURCE, 5, 5, Filter.BOX, new Region(0, 0, 37.5f, 23)))
        .hasMessageContaining("not inside");
    assertThatThrownBy(
            () -> Resize.resize(SOURCE, 5, 5, Filter.BOX, new Region(Float.NaN, 0, 3, 3)))
        .hasMessageContaining("not inside");
  }
}
