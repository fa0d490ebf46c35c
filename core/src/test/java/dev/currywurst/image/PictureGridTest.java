package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Pictures in labelled rows and columns. */
class PictureGridTest {
  private static final Rgb RED = new Rgb(255, 0, 0);
  private static final Rgb BLUE = new Rgb(0, 0, 255);

  @Test
  void placesPicturesColumnByColumnAndWritesBesideThem() {
    PictureGrid grid = new PictureGrid(List.of("alpha 0", "alpha 1"), List.of("a fox"), 10);
    Image drawn =
        grid.draw(List.of(List.of(Image.filled(60, 40, RED)), List.of(Image.filled(60, 40, BLUE))));
    int left = 10 + 140 + 10;
    int top = 10 + 15 + 10;
    assertThat(drawn.width()).isEqualTo(left + 2 * 70);
    assertThat(drawn.height()).isEqualTo(top + 50);
    assertThat(drawn.at(left, top)).isEqualTo(RED);
    assertThat(drawn.at(left + 59, top + 39)).isEqualTo(RED);
    assertThat(drawn.at(left + 70, top)).isEqualTo(BLUE);
    assertThat(drawn.at(left + 65, top)).isEqualTo(Rgb.WHITE);
    assertThat(inked(drawn, left, 0, 60, top)).as("column").isTrue();
    assertThat(inked(drawn, 0, top, left, 40)).as("row").isTrue();
  }

  private static boolean inked(Image image, int left, int top, int width, int height) {
    for (int y = top; y < top + height; y++) {
      for (int x = left; x < left + width; x++) {
        if (!image.at(x, y).equals(Rgb.WHITE)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void needsAPictureForEachCell() {
    PictureGrid grid = new PictureGrid(List.of("a", "b"), List.of("c"), 0);
    assertThatThrownBy(() -> grid.draw(List.of(List.of(Image.filled(2, 2, RED)))))
        .hasMessageContaining("columns of [1] pictures for 2 x 1 cells");
  }
}
