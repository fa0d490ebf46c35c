package dev.currywurst.image;

import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * An opaque picture: 8-bit RGB, immutable, packed row by row from the top ({@code
 * [height][width][3]}).
 */
public final class Image {
  private final int width;
  private final int height;
  private final byte[] rgb;

  /** Takes {@code rgb} over without a copy: only for arrays that nobody else keeps. */
  Image(int width, int height, byte[] rgb) {
    if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
      throw new IllegalArgumentException(
          width + "x" + height + " pixels of RGB do not fit " + rgb.length + " bytes");
    }
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /**
   * A picture from {@code 3·width·height} bytes, which are copied.
   *
   * @throws IllegalArgumentException if there are more or fewer bytes, or no pixels
   */
  public static Image of(int width, int height, byte[] rgb) {
    return new Image(width, height, rgb.clone());
  }

  /** A picture of one colour. */
  public static Image filled(int width, int height, Rgb colour) {
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = (byte) colour.red();
      rgb[i + 1] = (byte) colour.green();
      rgb[i + 2] = (byte) colour.blue();
    }
    return new Image(width, height, rgb);
  }

  /**
   * A picture from a network's output: the red, green and blue planes one after the other ({@code
   * [3][height][width]}), 0 to 1. Values outside are clamped, NaN becomes 0, and halves round to
   * even as in NumPy, so that the bytes equal diffusers' {@code numpy_to_pil}.
   */
  public static Image ofPlanes(int width, int height, float[] planes) {
    int area = Math.multiplyExact(width, height);
    if (planes.length != 3L * area) {
      throw new IllegalArgumentException(
          width + "x" + height + " pixels in 3 planes do not fit " + planes.length + " values");
    }
    byte[] rgb = new byte[planes.length];
    for (int i = 0; i < area; i++) {
      for (int channel = 0; channel < 3; channel++) {
        float value = planes[channel * area + i];
        rgb[3 * i + channel] = (byte) Math.rint(255f * Math.min(Math.max(value, 0f), 1f));
      }
    }
    return new Image(width, height, rgb);
  }

  /** A copy of a Java2D picture; transparency is dropped, not blended. */
  public static Image of(BufferedImage picture) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    int[] packed = picture.getRGB(0, 0, width, height, null, 0, width);
    byte[] rgb = new byte[3 * packed.length];
    for (int i = 0; i < packed.length; i++) {
      rgb[3 * i] = (byte) (packed[i] >> 16);
      rgb[3 * i + 1] = (byte) (packed[i] >> 8);
      rgb[3 * i + 2] = (byte) packed[i];
    }
    return new Image(width, height, rgb);
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** The colour at column {@code x} and row {@code y}, both from 0 at the top left. */
  public Rgb at(int x, int y) {
    if (x < 0 || y < 0 || x >= width || y >= height) {
      throw new IndexOutOfBoundsException(x + "," + y + " in " + this);
    }
    int i = 3 * (y * width + x);
    return new Rgb(rgb[i] & 0xff, rgb[i + 1] & 0xff, rgb[i + 2] & 0xff);
  }

  /** A copy of the bytes, {@code [height][width][3]}. */
  public byte[] rgb() {
    return rgb.clone();
  }

  /** The bytes themselves, for readers within this package. */
  byte[] bytes() {
    return rgb;
  }

  /** What networks take: {@code [3][height][width]}, each value a byte divided by 255. */
  public float[] planes() {
    int area = width * height;
    float[] planes = new float[rgb.length];
    for (int i = 0; i < area; i++) {
      for (int channel = 0; channel < 3; channel++) {
        planes[channel * area + i] = (rgb[3 * i + channel] & 0xff) / 255f;
      }
    }
    return planes;
  }

  /**
   * The part of {@code newWidth} by {@code newHeight} pixels whose top left pixel is at {@code
   * left}, {@code top}.
   *
   * @throws IllegalArgumentException if the part is empty or reaches outside
   */
  public Image crop(int left, int top, int newWidth, int newHeight) {
    if (left < 0
        || top < 0
        || newWidth < 1
        || newHeight < 1
        || newWidth > width - left
        || newHeight > height - top) {
      throw new IllegalArgumentException(
          newWidth + "x" + newHeight + " at " + left + "," + top + " is not inside " + this);
    }
    byte[] part = new byte[3 * newWidth * newHeight];
    for (int y = 0; y < newHeight; y++) {
      System.arraycopy(rgb, 3 * ((top + y) * width + left), part, 3 * y * newWidth, 3 * newWidth);
    }
    return new Image(newWidth, newHeight, part);
  }

  /**
   * A canvas of {@code newWidth} by {@code newHeight} pixels in one colour with this picture's top
   * left pixel at {@code left}, {@code top}. What reaches over the canvas is cut off.
   */
  public Image placedOn(int newWidth, int newHeight, int left, int top, Rgb colour) {
    byte[] canvas = filled(newWidth, newHeight, colour).rgb;
    int from = Math.max(0, -left);
    int to = Math.min(width, newWidth - left);
    for (int y = Math.max(0, -top); y < Math.min(height, newHeight - top) && from < to; y++) {
      System.arraycopy(
          rgb,
          3 * (y * width + from),
          canvas,
          3 * ((top + y) * newWidth + left + from),
          3 * (to - from));
    }
    return new Image(newWidth, newHeight, canvas);
  }

  /** Left and right exchanged. */
  public Image mirrored() {
    byte[] mirrored = new byte[rgb.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        System.arraycopy(rgb, 3 * (y * width + x), mirrored, 3 * (y * width + width - 1 - x), 3);
      }
    }
    return new Image(width, height, mirrored);
  }

  /** A copy for Java2D, of type {@link BufferedImage#TYPE_INT_RGB}. */
  public BufferedImage toBufferedImage() {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = 3 * (y * width + x);
        row[x] = (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | (rgb[i + 2] & 0xff);
      }
      picture.setRGB(0, y, width, 1, row, 0, width);
    }
    return picture;
  }

  /** Same size and same bytes. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Image image
        && width == image.width
        && height == image.height
        && Arrays.equals(rgb, image.rgb);
  }

  @Override
  public int hashCode() {
    return 31 * width + Arrays.hashCode(rgb);
  }

  /** Only the size, such as {@code Image 640x480}. */
  @Override
  public String toString() {
    return "Image " + width + "x" + height;
  }
}
