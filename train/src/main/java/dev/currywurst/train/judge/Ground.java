package dev.currywurst.train.judge;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import java.util.Arrays;

/**
 * What is behind a drawing that fills its picture: in each row the colours at the picture's left
 * and right borders, such as a sky above a meadow. What differs from both is drawn.
 *
 * <p>A ground that a network painted is never quite flat, least of all in the outermost pixel, so
 * each colour is the median of some pixels.
 */
final class Ground {
  /** How far a pixel may be from the ground's colour and still belong to it, in levels of 255. */
  private static final int TOLERANCE = 24;

  /** A border that is white at this share of its pixels belongs to a drawing on white. */
  private static final double WHITE_SHARE = 0.5;

  /** One pixel in so many of a row belongs to a border. */
  private static final int BORDER = 20;

  private final Image picture;
  private final Rgb[] left;
  private final Rgb[] right;

  private Ground(Image picture) {
    this.picture = picture;
    int border = Math.max(1, picture.width() / BORDER);
    this.left = new Rgb[picture.height()];
    this.right = new Rgb[picture.height()];
    for (int y = 0; y < picture.height(); y++) {
      left[y] = median(picture, 0, border, y);
      right[y] = median(picture, picture.width() - border, picture.width(), y);
    }
  }

  /** The ground of a picture. */
  static Ground of(Image picture) {
    return new Ground(picture);
  }

  private static Rgb median(Image picture, int from, int to, int y) {
    int count = to - from;
    int[] red = new int[count];
    int[] green = new int[count];
    int[] blue = new int[count];
    for (int i = 0; i < count; i++) {
      Rgb pixel = picture.at(from + i, y);
      red[i] = pixel.red();
      green[i] = pixel.green();
      blue[i] = pixel.blue();
    }
    return new Rgb(middle(red), middle(green), middle(blue));
  }

  private static int middle(int[] levels) {
    Arrays.sort(levels);
    return levels[levels.length / 2];
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
    return differs(pixel, left[y]) && differs(pixel, right[y]);
  }

  private static boolean differs(Rgb a, Rgb b) {
    return Math.abs(a.red() - b.red()) > TOLERANCE
        || Math.abs(a.green() - b.green()) > TOLERANCE
        || Math.abs(a.blue() - b.blue()) > TOLERANCE;
  }
}
