package dev.currywurst.train.judge;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.image.RgbaImage.Box;
import java.util.Optional;

/**
 * Where something is drawn on a white ground: in the pixels that are not nearly white. What a
 * network paints is rarely quite white, and shades this pale are hardly seen.
 */
public final class Silhouette {
  /** How far the nearly white may be from white, in levels of 255. */
  private static final int TOLERANCE = 20;

  private static final int NEARLY_WHITE = 255 - TOLERANCE;

  private Silhouette() {}

  /** True if a pixel is not the white ground. */
  public static boolean isDrawn(Rgb pixel) {
    return pixel.red() < NEARLY_WHITE
        || pixel.green() < NEARLY_WHITE
        || pixel.blue() < NEARLY_WHITE;
  }

  /** True if a pixel with these parts, 0 to 1, is not the white ground. */
  public static boolean isDrawn(float red, float green, float blue) {
    float nearlyWhite = NEARLY_WHITE / 255f;
    return red < nearlyWhite || green < nearlyWhite || blue < nearlyWhite;
  }

  /** The smallest box around what is drawn; empty if nothing is. */
  public static Optional<Box> box(Image picture) {
    return RgbaImage.of(picture).contentBox(Rgb.WHITE, TOLERANCE);
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
