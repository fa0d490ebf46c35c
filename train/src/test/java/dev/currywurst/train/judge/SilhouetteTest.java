package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SilhouetteTest {
  private static Image boxAt(int left, int top, Rgb colour) {
    return Image.filled(4, 4, colour).placedOn(12, 12, left, top, Rgb.WHITE);
  }

  @Test
  void overlapsByWhatIsDrawnWhateverTheColour() {
    Image box = boxAt(2, 2, new Rgb(200, 0, 0));
    assertThat(Silhouette.overlap(box, boxAt(2, 2, new Rgb(0, 0, 90)))).isEqualTo(1);
    // Two columns in common of six.
    assertThat(Silhouette.overlap(box, boxAt(4, 2, new Rgb(0, 0, 90))))
        .isCloseTo(8.0 / 24, within(1e-12));
    assertThat(Silhouette.overlap(box, boxAt(8, 8, new Rgb(0, 0, 90)))).isZero();
  }

  @Test
  void hasABox() {
    assertThat(Silhouette.box(boxAt(3, 5, new Rgb(255, 255, 234))))
        .hasValue(new RgbaImage.Box(3, 5, 4, 4));
    assertThat(Silhouette.box(boxAt(3, 5, new Rgb(235, 235, 235)))).isEmpty();
  }

  /** The same pixels whether they are bytes or a network's numbers. */
  @ParameterizedTest
  @ValueSource(ints = {0, 200, 234, 235, 236, 255})
  void nearlyWhiteIsNotDrawn(int level) {
    boolean drawn = level < 235;
    assertThat(Silhouette.isDrawn(new Rgb(255, level, 255))).isEqualTo(drawn);
    assertThat(Silhouette.isDrawn(1, 1, level / 255f)).isEqualTo(drawn);
  }

  @Test
  void emptyPicturesAgree() {
    Image empty = Image.filled(3, 3, Rgb.WHITE);
    assertThat(Silhouette.overlap(empty, empty)).isEqualTo(1);
  }

  @Test
  void needsPicturesOfOneSize() {
    assertThatThrownBy(
            () -> Silhouette.overlap(Image.filled(3, 3, Rgb.WHITE), Image.filled(3, 4, Rgb.WHITE)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
