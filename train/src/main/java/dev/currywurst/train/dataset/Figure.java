package dev.currywurst.train.dataset;

import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import java.util.ArrayDeque;

/**
 * What is drawn in a picture, cut from its ground. The ground is what is transparent or, in an
 * opaque picture with an even border, what has the border's colour, and hangs together with the
 * border: a white wing on white paper, closed by an outline, is no ground. A picture without an
 * even border, such as a photograph, is drawn all over.
 *
 * @param width pixels of the reduced picture
 * @param height pixels of the reduced picture
 * @param drawn whether a pixel is drawn, row by row
 * @param colours of the pixels, transparency laid on white
 * @param left first column of the box around what is drawn
 * @param top first row of the box
 * @param right column behind the box
 * @param bottom row behind the box
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and one bit a pixel.
record Figure(
    int width,
    int height,
    boolean[] drawn,
    Image colours,
    int left,
    int top,
    int right,
    int bottom) {
  /** Shape and structure are looked at no closer than this; longer sides are reduced. */
  private static final int SIDE = 256;

  /** How far a ground's pixels may be from its colour, in levels of 255: JPEG is not exact. */
  private static final int TOLERANCE = 24;

  /** The part of an opaque picture's border that must have one colour, to be called a ground. */
  private static final double EVEN_BORDER = 0.75;

  /** Soft edges count as drawn, as they differ from an opaque ground. */
  private static final int OPAQUE_FROM = 32;

  /** Stray pixels, fewer in a row than this part of its length, do not stretch the box. */
  private static final double STRAY = 0.005;

  static Figure of(RgbaImage picture) {
    Image colours = Resize.within(picture.flatten(Rgb.WHITE), SIDE, Resize.Filter.BOX);
    Image opacity = Resize.within(opacity(picture), SIDE, Resize.Filter.BOX);
    int width = colours.width();
    int height = colours.height();
    byte[] rgb = colours.rgb();
    byte[] alpha = opacity.rgb();
    boolean[] drawn = new boolean[width * height];
    boolean[] like = groundLike(width, height, rgb, alpha);
    boolean[] ground = fromBorder(width, height, like);
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = !ground[i];
    }
    return boxed(width, height, drawn, colours);
  }

  private static Image opacity(RgbaImage picture) {
    byte[] rgb = new byte[3 * picture.width() * picture.height()];
    for (int y = 0, i = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++, i += 3) {
        rgb[i] = (byte) (picture.at(x, y) >>> 24);
      }
    }
    return Image.of(picture.width(), picture.height(), rgb);
  }

  /** Pixels that would be ground if they hung together with the border. */
  private static boolean[] groundLike(int width, int height, byte[] rgb, byte[] alpha) {
    boolean[] like = new boolean[width * height];
    int[] border = border(width, height);
    boolean cutOut = false;
    for (int pixel : border) {
      cutOut |= (alpha[3 * pixel] & 0xff) < OPAQUE_FROM;
    }
    if (cutOut) {
      for (int i = 0; i < like.length; i++) {
        like[i] = (alpha[3 * i] & 0xff) < OPAQUE_FROM;
      }
      return like;
    }
    int[] colour = median(border, rgb);
    int even = 0;
    for (int pixel : border) {
      even += near(rgb, pixel, colour) ? 1 : 0;
    }
    if (even < EVEN_BORDER * border.length) {
      return like;
    }
    for (int i = 0; i < like.length; i++) {
      like[i] = near(rgb, i, colour);
    }
    return like;
  }

  private static boolean near(byte[] rgb, int pixel, int[] colour) {
    for (int channel = 0; channel < 3; channel++) {
      if (Math.abs((rgb[3 * pixel + channel] & 0xff) - colour[channel]) > TOLERANCE) {
        return false;
      }
    }
    return true;
  }

  private static int[] median(int[] pixels, byte[] rgb) {
    int[] median = new int[3];
    for (int channel = 0; channel < 3; channel++) {
      int[] values = new int[pixels.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = rgb[3 * pixels[i] + channel] & 0xff;
      }
      java.util.Arrays.sort(values);
      median[channel] = values[values.length / 2];
    }
    return median;
  }

  private static int[] border(int width, int height) {
    return java.util.stream.IntStream.range(0, width * height)
        .filter(
            i -> i < width || i >= width * (height - 1) || i % width == 0 || i % width == width - 1)
        .toArray();
  }

  /** Floods from the border through what is like ground, by sides and not by corners. */
  private static boolean[] fromBorder(int width, int height, boolean[] like) {
    boolean[] ground = new boolean[like.length];
    ArrayDeque<Integer> open = new ArrayDeque<>();
    for (int pixel : border(width, height)) {
      reach(pixel, like, ground, open);
    }
    while (!open.isEmpty()) {
      int pixel = open.poll();
      int x = pixel % width;
      if (x > 0) {
        reach(pixel - 1, like, ground, open);
      }
      if (x < width - 1) {
        reach(pixel + 1, like, ground, open);
      }
      if (pixel >= width) {
        reach(pixel - width, like, ground, open);
      }
      if (pixel < width * (height - 1)) {
        reach(pixel + width, like, ground, open);
      }
    }
    return ground;
  }

  private static void reach(int pixel, boolean[] like, boolean[] ground, ArrayDeque<Integer> open) {
    if (like[pixel] && !ground[pixel]) {
      ground[pixel] = true;
      open.add(pixel);
    }
  }

  /** Finds the box; a picture in which nothing is drawn counts as drawn all over. */
  private static Figure boxed(int width, int height, boolean[] drawn, Image colours) {
    int[] rows = new int[height];
    int[] columns = new int[width];
    for (int i = 0; i < drawn.length; i++) {
      if (drawn[i]) {
        rows[i / width]++;
        columns[i % width]++;
      }
    }
    int[] vertical = span(rows, (int) (1 + STRAY * width));
    int[] horizontal = span(columns, (int) (1 + STRAY * height));
    if (vertical[0] >= vertical[1] || horizontal[0] >= horizontal[1]) {
      boolean[] all = new boolean[drawn.length];
      java.util.Arrays.fill(all, true);
      return new Figure(width, height, all, colours, 0, 0, width, height);
    }
    return new Figure(
        width, height, drawn, colours, horizontal[0], vertical[0], horizontal[1], vertical[1]);
  }

  /** First and behind-last index with at least so many. */
  private static int[] span(int[] counts, int least) {
    int first = 0;
    int end = counts.length;
    while (first < end && counts[first] < least) {
      first++;
    }
    while (end > first && counts[end - 1] < least) {
      end--;
    }
    return new int[] {first, end};
  }
}
