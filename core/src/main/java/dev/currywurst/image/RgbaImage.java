package dev.currywurst.image;

import java.util.Arrays;
import java.util.Optional;

/**
 * A picture as a file holds it: 8-bit RGB and transparency, immutable. Networks know no
 * transparency, so {@link #flatten} lays it on a colour; before that, it tells what of the picture
 * is content ({@link #contentBox}).
 */
public final class RgbaImage {
  private final int width;
  private final int height;

  /** Row by row from the top, each pixel {@code 0xAARRGGBB}, colours not premultiplied. */
  private final int[] argb;

  /** Takes {@code argb} over without a copy: only for arrays that nobody else keeps. */
  RgbaImage(int width, int height, int[] argb) {
    if (width < 1 || height < 1 || argb.length != (long) width * height) {
      throw new IllegalArgumentException(
          width + "x" + height + " pixels do not fit " + argb.length + " values");
    }
    this.width = width;
    this.height = height;
    this.argb = argb;
  }

  /** A picture from pixels {@code 0xAARRGGBB}, row by row from the top, which are copied. */
  public static RgbaImage of(int width, int height, int[] argb) {
    return new RgbaImage(width, height, argb.clone());
  }

  /** An opaque picture. */
  public static RgbaImage of(Image image) {
    byte[] rgb = image.bytes();
    int[] argb = new int[image.width() * image.height()];
    for (int i = 0; i < argb.length; i++) {
      argb[i] =
          0xff << 24
              | (rgb[3 * i] & 0xff) << 16
              | (rgb[3 * i + 1] & 0xff) << 8
              | (rgb[3 * i + 2] & 0xff);
    }
    return new RgbaImage(image.width(), image.height(), argb);
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** The pixel {@code 0xAARRGGBB} at column {@code x} and row {@code y}. */
  public int at(int x, int y) {
    if (x < 0 || y < 0 || x >= width || y >= height) {
      throw new IndexOutOfBoundsException(x + "," + y + " in " + this);
    }
    return argb[y * width + x];
  }

  /**
   * The picture laid on a colour, with the integer arithmetic of Pillow's {@code alpha_composite},
   * so that the bytes are equal.
   */
  public Image flatten(Rgb background) {
    byte[] rgb = new byte[3 * argb.length];
    for (int i = 0; i < argb.length; i++) {
      int pixel = argb[i];
      int alpha = pixel >>> 24;
      rgb[3 * i] = blend((pixel >> 16) & 0xff, background.red(), alpha);
      rgb[3 * i + 1] = blend((pixel >> 8) & 0xff, background.green(), alpha);
      rgb[3 * i + 2] = blend(pixel & 0xff, background.blue(), alpha);
    }
    return new Image(width, height, rgb);
  }

  /** Pillow's AlphaComposite.c for an opaque ground: seven more bits, divisions rounded. */
  private static byte blend(int over, int under, int alpha) {
    if (alpha == 255) {
      return (byte) over;
    }
    int over7 = alpha << 7;
    int sum = over * over7 + under * ((255 << 7) - over7) + (0x80 << 7);
    return (byte) ((((sum >> 8) + sum) >> 8) >> 7);
  }

  /** True if any pixel shows what is behind it. */
  public boolean hasTransparency() {
    for (int pixel : argb) {
      if (pixel >>> 24 != 255) {
        return true;
      }
    }
    return false;
  }

  /**
   * The smallest box around what is drawn. In a picture with fully transparent pixels that is
   * everything not fully transparent; in any other, every pixel that differs from {@code
   * background} by more than {@code tolerance} in red, green or blue.
   *
   * @return empty if nothing is drawn
   */
  public Optional<Box> contentBox(Rgb background, int tolerance) {
    boolean cutOut = false;
    for (int pixel : argb) {
      cutOut |= pixel >>> 24 == 0;
    }
    int left = width;
    int top = height;
    int right = 0;
    int bottom = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int pixel = argb[y * width + x];
        if (cutOut ? pixel >>> 24 != 0 : differs(pixel, background, tolerance)) {
          left = Math.min(left, x);
          top = Math.min(top, y);
          right = Math.max(right, x + 1);
          bottom = y + 1;
        }
      }
    }
    return left < right
        ? Optional.of(new Box(left, top, right - left, bottom - top))
        : Optional.empty();
  }

  private static boolean differs(int pixel, Rgb background, int tolerance) {
    int alpha = pixel >>> 24;
    return Math.abs(
                (blend((pixel >> 16) & 0xff, background.red(), alpha) & 0xff) - background.red())
            > tolerance
        || Math.abs(
                (blend((pixel >> 8) & 0xff, background.green(), alpha) & 0xff) - background.green())
            > tolerance
        || Math.abs((blend(pixel & 0xff, background.blue(), alpha) & 0xff) - background.blue())
            > tolerance;
  }

  /** A part of a picture in whole pixels. */
  public record Box(int left, int top, int width, int height) {}

  /** Same size and same pixels. */
  @Override
  public boolean equals(Object other) {
    return other instanceof RgbaImage image
        && width == image.width
        && height == image.height
        && Arrays.equals(argb, image.argb);
  }

  @Override
  public int hashCode() {
    return 31 * width + Arrays.hashCode(argb);
  }

  /** Only the size, such as {@code RgbaImage 640x480}. */
  @Override
  public String toString() {
    return "RgbaImage " + width + "x" + height;
  }
}
