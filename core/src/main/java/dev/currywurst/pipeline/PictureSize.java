package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;

/** A picture's sides in pixels. */
public record PictureSize(int width, int height) {
  /** The longest side; the largest published model was trained up to 1536. */
  public static final int LONGEST = 8192;

  public PictureSize {
    check("width", width);
    check("height", height);
  }

  private static void check(String side, int pixels) {
    if (pixels < 1 || pixels > LONGEST) {
      throw new CurrywurstException(
          "The %s is %d pixels; give 1 to %d.".formatted(side, pixels, LONGEST));
    }
  }

  /** Such as {@code 1024x768}. */
  @Override
  public String toString() {
    return width + "x" + height;
  }
}
