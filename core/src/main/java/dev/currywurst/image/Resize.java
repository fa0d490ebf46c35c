package dev.currywurst.image;

/**
 * Changes a picture's size with the arithmetic of Pillow's {@code Image.resize} on 8-bit pixels, so
 * that a picture prepared here equals one that a Python script prepared with torchvision.
 *
 * <p>Antialiased: when a side shrinks, the filter is widened by the same factor. As in Pillow's
 * {@code Resample.c}, the width is changed first and rounded to bytes, then the height, with
 * weights in fixed point of 22 fractional bits.
 */
public final class Resize {
  /** 32 bits less 8 for the pixel and 2 for the overshoot of bicubic and Lanczos weights. */
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private Resize() {}

  /** How a new pixel is made from the old ones around it. */
  public enum Filter {
    /** The one pixel at that place; sharp steps. */
    NEAREST(0),
    /** The mean of the pixels that fall into the new one. */
    BOX(0.5),
    /** A triangle; torchvision's and the training scripts' default. */
    BILINEAR(1),
    /** Keys' cubic with a = -0.5. */
    BICUBIC(2),
    /** Sinc windowed by a wider sinc, three lobes. */
    LANCZOS(3);

    /** How far from its centre the filter reaches, in new pixels, or old ones when enlarging. */
    private final double support;

    Filter(double support) {
      this.support = support;
    }

    private double weight(double x) {
      return switch (this) {
        case NEAREST -> 1;
        case BOX -> x > -0.5 && x <= 0.5 ? 1 : 0;
        case BILINEAR -> Math.max(0, 1 - Math.abs(x));
        case BICUBIC -> cubic(x);
        case LANCZOS -> x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
      };
    }

    private static double cubic(double signed) {
      double a = -0.5;
      double x = Math.abs(signed);
      if (x < 1) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }

    private static double sinc(double x) {
      return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
    }
  }

  /**
   * A part of the old picture in pixels, also between whole ones, in single precision as in Pillow.
   */
  public record Region(float left, float top, float right, float bottom) {}

  /**
   * The whole picture at a new size, as {@code image.resize((width, height), filter)}; the picture
   * itself if that is its size.
   */
  public static Image resize(Image image, int width, int height, Filter filter) {
    return resize(image, width, height, filter, new Region(0, 0, image.width(), image.height()));
  }

  /**
   * A part of the picture at a new size, as {@code image.resize((width, height), filter, region)}.
   * Pixels around the region still count where the filter reaches them.
   *
   * @throws IllegalArgumentException if the region is empty or reaches outside, or the new size is
   *     empty
   */
  public static Image resize(Image image, int width, int height, Filter filter, Region region) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("a picture of " + width + "x" + height + " has no pixels");
    }
    if (!(region.left >= 0
        && region.top >= 0
        && region.left < region.right
        && region.top < region.bottom
        && region.right <= image.width()
        && region.bottom <= image.height())) {
      throw new IllegalArgumentException(region + " is not inside " + image);
    }
    if (filter == Filter.NEAREST) {
      return nearest(image, width, height, region);
    }
    boolean sameWidth = region.left == 0 && region.right == width && width == image.width();
    boolean sameHeight = region.top == 0 && region.bottom == height && height == image.height();
    // Pillow 13's order, which saves work; up to Pillow 12 the width always came first. The two
    // differ where the first pass rounds and clips.
    boolean heightFirst =
        height < image.height() && image.height() - height > 2 * (image.width() - width);
    Image result = image;
    if (heightFirst && !sameHeight) {
      result =
          vertically(result, Weights.of(region.top, region.bottom, image.height(), height, filter));
    }
    if (!sameWidth) {
      result =
          horizontally(result, Weights.of(region.left, region.right, image.width(), width, filter));
    }
    if (!heightFirst && !sameHeight) {
      result =
          vertically(result, Weights.of(region.top, region.bottom, image.height(), height, filter));
    }
    return result;
  }

  /**
   * The size whose shorter side is {@code side} at the same ratio, as torchvision's {@code
   * Resize(side)} computes it: the longer side is cut to a whole number, not rounded.
   */
  public static Image shortSide(Image image, int side, Filter filter) {
    int shorter = Math.min(image.width(), image.height());
    int longer = (int) ((double) ((long) side * Math.max(image.width(), image.height())) / shorter);
    return image.width() <= image.height()
        ? resize(image, side, longer, filter)
        : resize(image, longer, side, filter);
  }

  /**
   * The same ratio with a longer side of at most {@code side}; the picture itself if it has that.
   */
  public static Image within(Image image, int side, Filter filter) {
    double excess = (double) Math.max(image.width(), image.height()) / side;
    return excess <= 1
        ? image
        : resize(
            image,
            Math.max(1, (int) Math.rint(image.width() / excess)),
            Math.max(1, (int) Math.rint(image.height() / excess)),
            filter);
  }

  /** For every new pixel of one axis: which old pixels count, and how much (22 fractional bits). */
  private static final class Weights {
    private final int[] first;
    private final int[][] values;

    private Weights(int[] first, int[][] values) {
      this.first = first;
      this.values = values;
    }

    static Weights of(float from, float to, int oldSize, int newSize, Filter filter) {
      double scale = (double) (to - from) / newSize;
      double filterScale = Math.max(scale, 1);
      double support = filter.support * filterScale;
      int[] first = new int[newSize];
      int[][] values = new int[newSize][];
      for (int i = 0; i < newSize; i++) {
        double center = from + (i + 0.5) * scale;
        first[i] = Math.max(0, (int) (center - support + 0.5));
        int end = Math.min(oldSize, (int) (center + support + 0.5));
        double[] exact = new double[end - first[i]];
        double sum = 0;
        for (int j = 0; j < exact.length; j++) {
          exact[j] = filter.weight((j + first[i] - center + 0.5) * (1 / filterScale));
          sum += exact[j];
        }
        values[i] = new int[exact.length];
        for (int j = 0; j < exact.length; j++) {
          double fixed = (sum == 0 ? exact[j] : exact[j] / sum) * (1 << PRECISION_BITS);
          values[i][j] = (int) (fixed < 0 ? fixed - 0.5 : fixed + 0.5);
        }
      }
      return new Weights(first, values);
    }
  }

  private static Image horizontally(Image image, Weights weights) {
    byte[] from = image.bytes();
    int width = weights.first.length;
    byte[] to = new byte[Math.multiplyExact(3, Math.multiplyExact(width, image.height()))];
    for (int y = 0; y < image.height(); y++) {
      int row = 3 * y * image.width();
      for (int x = 0; x < width; x++) {
        blend(from, row + 3 * weights.first[x], 3, weights.values[x], to, 3 * (y * width + x));
      }
    }
    return new Image(width, image.height(), to);
  }

  private static Image vertically(Image image, Weights weights) {
    byte[] from = image.bytes();
    int height = weights.first.length;
    int row = 3 * image.width();
    byte[] to = new byte[Math.multiplyExact(row, height)];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < image.width(); x++) {
        int start = row * weights.first[y] + 3 * x;
        blend(from, start, row, weights.values[y], to, row * y + 3 * x);
      }
    }
    return new Image(image.width(), height, to);
  }

  /** One new RGB pixel from old ones that lie {@code stride} bytes apart. */
  private static void blend(byte[] from, int start, int stride, int[] weights, byte[] to, int at) {
    int red = 1 << (PRECISION_BITS - 1);
    int green = red;
    int blue = red;
    int i = start;
    for (int weight : weights) {
      red += (from[i] & 0xff) * weight;
      green += (from[i + 1] & 0xff) * weight;
      blue += (from[i + 2] & 0xff) * weight;
      i += stride;
    }
    to[at] = clip(red);
    to[at + 1] = clip(green);
    to[at + 2] = clip(blue);
  }

  private static byte clip(int fixed) {
    return (byte) Math.min(Math.max(fixed >> PRECISION_BITS, 0), 255);
  }

  /** Pillow's ImagingScaleAffine, which adds the step up instead of multiplying it. */
  private static Image nearest(Image image, int width, int height, Region region) {
    int[] columns = places(region.left, region.right, width, image.width());
    int[] rows = places(region.top, region.bottom, height, image.height());
    byte[] from = image.bytes();
    byte[] to = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        System.arraycopy(
            from, 3 * (rows[y] * image.width() + columns[x]), to, 3 * (y * width + x), 3);
      }
    }
    return new Image(width, height, to);
  }

  private static int[] places(float from, float to, int newSize, int oldSize) {
    double step = (double) (to - from) / newSize;
    double place = from + step * 0.5;
    int[] places = new int[newSize];
    for (int i = 0; i < newSize; i++) {
      places[i] = Math.min((int) place, oldSize - 1);
      place += step;
    }
    return places;
  }
}
