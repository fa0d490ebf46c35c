package dev.currywurst.train.judge;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;

/** Where something is drawn on a white ground. */
public final class Silhouette {
  private static final int NEARLY_WHITE = 235;

  private Silhouette() {}

  /** True if a pixel is not the white ground. */
  public static boolean isDrawn(Rgb pixel) {
    return pixel.red() < NEARLY_WHITE
        || pixel.green() < NEARLY_WHITE
        || pixel.blue() < NEARLY_WHITE;
  }

  /**
   * Pixels drawn in both pictures over those drawn in either (intersection over union), 0 to 1; 1
   * if both are empty.
   */
  public static double overlap(Image a, Image b) {
    if (a.width() != b.width() || a.height() != b.height()) {
      throw new IllegalArgumentException("pictures of different sizes have no common silhouette");
    }
    int both = 0;
    int either = 0;
    for (int y = 0; y < a.height(); y++) {
      for (int x = 0; x < a.width(); x++) {
        boolean inA = isDrawn(a.at(x, y));
        boolean inB = isDrawn(b.at(x, y));
        both += inA && inB ? 1 : 0;
        either += inA || inB ? 1 : 0;
      }
    }
    return either == 0 ? 1 : (double) both / either;
  }
}
