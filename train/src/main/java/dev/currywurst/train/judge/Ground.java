package dev.currywurst.train.judge;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;

/**
 * What is behind a drawing that fills its picture: in each row the colours of the picture's left
 * and right borders, such as a sky above a meadow. What differs from both is drawn.
 */
final class Ground {
  /** How far a pixel may be from the ground's colour and still belong to it, in levels of 255. */
  private static final int TOLERANCE = 24;

  /** A border that is white at this share of its pixels belongs to a drawing on white. */
  private static final double WHITE_SHARE = 0.5;

  private final Image picture;

  private Ground(Image picture) {
    this.picture = picture;
  }

  /** The ground of a picture. */
  static Ground of(Image picture) {
    return new Ground(picture);
  }

  /** True if the picture is drawn on white, where {@link Silhouette} tells what is drawn. */
  static boolean isWhite(Image picture) {
    int white = 0;
    int border = 0;
    for (int y = 0; y < picture.height(); y++) {
      boolean whole = y == 0 || y == picture.height() - 1;
      int step = whole ? 1 : Math.max(1, picture.width() - 1);
      for (int x = 0; x < picture.width(); x += step) {
        border++;
        white += Silhouette.isDrawn(picture.at(x, y)) ? 0 : 1;
      }
    }
    return white >= WHITE_SHARE * border;
  }

  /** True if a pixel is no ground. */
  boolean isDrawn(int x, int y) {
    Rgb pixel = picture.at(x, y);
    return differs(pixel, picture.at(0, y)) && differs(pixel, picture.at(picture.width() - 1, y));
  }

  private static boolean differs(Rgb a, Rgb b) {
    return Math.abs(a.red() - b.red()) > TOLERANCE
        || Math.abs(a.green() - b.green()) > TOLERANCE
        || Math.abs(a.blue() - b.blue()) > TOLERANCE;
  }
}
