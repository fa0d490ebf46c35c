package dev.currywurst.train.dataset;

import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;

/**
 * What a picture looks like apart from its colours: a silhouette and the pattern inside it, both
 * brought to 32x32 pixels after the ground around was cut away. Recoloured forms of one drawing
 * look alike; other drawings do not.
 *
 * <p>{@link #hash} is a perceptual hash of 64 bits after Zauner (2010): the signs of the lowest
 * frequencies, 32 of the silhouette and 32 of the pattern. It finds candidates quickly. What
 * decides is {@link #similarity}, on the maps themselves.
 */
final class Appearance {
  private static final int SIDE = 32;
  private static final int AREA = SIDE * SIDE;

  /** Bits for each of the two maps. */
  private static final int HALF = 32;

  /** So wide is an outline, in pixels of the map. */
  private static final int OUTLINE = 2;

  /** Thin drawings are hardly more than outline; then all of them is looked at. */
  private static final double LEAST_INSIDE = 0.1;

  /**
   * A frequency this weak counts as none. Symmetric drawings have no odd frequencies, whose signs
   * would be chance.
   */
  private static final double WEAK = 0.05;

  /** Candidates differ in at most so many bits of the silhouette. */
  private static final int MOST_SILHOUETTE_BITS = 6;

  /** And of the pattern, if their silhouettes are plain: then it must nearly agree. */
  private static final int MOST_PATTERN_BITS = 8;

  /** From where on a silhouette is a plain box or ellipse, and below what it is telling. */
  private static final double PLAIN = 0.95;

  private static final double TELLING = 0.75;

  /** How much the pattern counts beside a telling silhouette: hardly. */
  private static final double LEAST_WEIGHT = 0.03;

  private static final double[][] COSINES = cosines();
  private static final int[] LOW_FREQUENCIES = lowFrequencies();

  /** How much of each pixel is drawn, 0 to 255. */
  private final byte[] silhouette;

  /** The {@link Pattern}; times {@link #scale} it has unit length. */
  private final byte[] pattern;

  private final double scale;
  private final double plainness;
  private final long hash;

  private Appearance(byte[] silhouette, byte[] pattern, double scale, double plainness, long hash) {
    this.silhouette = silhouette;
    this.pattern = pattern;
    this.scale = scale;
    this.plainness = plainness;
    this.hash = hash;
  }

  static Appearance of(RgbaImage picture) {
    Figure figure = Figure.of(picture);
    int boxWidth = figure.right() - figure.left();
    int boxHeight = figure.bottom() - figure.top();
    double shrink = (double) SIDE / Math.max(boxWidth, boxHeight);
    int width = Math.max(1, (int) Math.rint(boxWidth * shrink));
    int height = Math.max(1, (int) Math.rint(boxHeight * shrink));
    int left = (SIDE - width) / 2;
    int top = (SIDE - height) / 2;
    byte[] drawn = small(drawn(figure), figure, width, height);
    byte[] colours = small(figure.colours(), figure, width, height);
    byte[] silhouette = new byte[AREA];
    double[] coverage = new double[AREA];
    for (int i = 0; i < AREA; i++) {
      silhouette[i] = drawn[3 * i];
      coverage[i] = (drawn[3 * i] & 0xff) / 255.0;
    }
    double[] pattern = Pattern.of(colours, inside(coverage));
    double scale = 0;
    for (double value : pattern) {
      scale = Math.max(scale, Math.abs(value) / 127);
    }
    byte[] rounded = new byte[AREA];
    for (int i = 0; i < AREA && scale > 0; i++) {
      rounded[i] = (byte) Math.rint(pattern[i] / scale);
    }
    long hash = signs(coverage) << HALF | signs(pattern);
    double plainness = plainness(coverage, left, top, width, height);
    return new Appearance(silhouette, rounded, scale, plainness, hash);
  }

  private static Image drawn(Figure figure) {
    byte[] rgb = new byte[3 * figure.width() * figure.height()];
    for (int i = 0; i < figure.drawn().length; i++) {
      rgb[3 * i] = figure.drawn()[i] ? (byte) 255 : 0;
    }
    return Image.of(figure.width(), figure.height(), rgb);
  }

  /** The box around what is drawn, in the middle of 32x32 pixels. */
  private static byte[] small(Image image, Figure figure, int width, int height) {
    return Resize.resize(
            image,
            width,
            height,
            Resize.Filter.BILINEAR,
            new Resize.Region(figure.left(), figure.top(), figure.right(), figure.bottom()))
        .placedOn(SIDE, SIDE, (SIDE - width) / 2, (SIDE - height) / 2, Rgb.BLACK)
        .rgb();
  }

  /** Where a pattern can be: not on the outline, which recoloured balls and other balls share. */
  private static double[] inside(double[] coverage) {
    double[] inside = new double[AREA];
    double sum = 0;
    double all = 0;
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        double least = 1;
        for (int dy = -OUTLINE; dy <= OUTLINE; dy++) {
          for (int dx = -OUTLINE; dx <= OUTLINE; dx++) {
            least = Math.min(least, at(coverage, x + dx, y + dy));
          }
        }
        inside[y * SIDE + x] = least;
        sum += least;
        all += coverage[y * SIDE + x];
      }
    }
    return sum < LEAST_INSIDE * all ? coverage : inside;
  }

  private static double at(double[] map, int x, int y) {
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : map[y * SIDE + x];
  }

  /** How well a box or an ellipse would do instead, 0 to 1: such a silhouette tells little. */
  private static double plainness(double[] coverage, int left, int top, int width, int height) {
    double drawn = 0;
    double boxBoth = 0;
    double ellipseBoth = 0;
    double ellipse = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double value = coverage[(top + y) * SIDE + left + x];
        double dx = (2 * x + 1.0) / width - 1;
        double dy = (2 * y + 1.0) / height - 1;
        boolean inside = dx * dx + dy * dy <= 1;
        drawn += value;
        boxBoth += value;
        ellipse += inside ? 1 : 0;
        ellipseBoth += inside ? value : 0;
      }
    }
    double box = boxBoth / ((double) width * height);
    return Math.max(box, ellipseBoth / (ellipse + drawn - ellipseBoth));
  }

  /** One bit for each low frequency, 1 where it is clearly positive. */
  private static long signs(double[] map) {
    double[] values = new double[HALF];
    double squares = 0;
    for (int k = 0; k < HALF; k++) {
      double[] down = COSINES[LOW_FREQUENCIES[k] / SIDE];
      double[] across = COSINES[LOW_FREQUENCIES[k] % SIDE];
      double sum = 0;
      for (int y = 0; y < SIDE; y++) {
        double row = 0;
        for (int x = 0; x < SIDE; x++) {
          row += across[x] * map[y * SIDE + x];
        }
        sum += down[y] * row;
      }
      values[k] = sum;
      squares += sum * sum;
    }
    long bits = 0;
    for (int k = 0; k < HALF; k++) {
      bits |= values[k] > WEAK * Math.sqrt(squares) ? 1L << k : 0;
    }
    return bits;
  }

  private static double[][] cosines() {
    double[][] cosines = new double[SIDE][SIDE];
    for (int k = 0; k < SIDE; k++) {
      for (int i = 0; i < SIDE; i++) {
        cosines[k][i] = Math.cos(Math.PI * (2 * i + 1) * k / (2.0 * SIDE));
      }
    }
    return cosines;
  }

  /** The 32 lowest without the mean, diagonal by diagonal: row times 32 plus column. */
  private static int[] lowFrequencies() {
    return java.util.stream.IntStream.range(1, AREA)
        .boxed()
        .sorted(
            java.util.Comparator.<Integer>comparingInt(k -> k / SIDE + k % SIDE)
                .thenComparingInt(k -> k))
        .limit(HALF)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** The 64 bits: those of the silhouette above those of the pattern. */
  long hash() {
    return hash;
  }

  /** False if the hashes alone say that two pictures do not look alike. */
  boolean mayResemble(Appearance other) {
    long different = hash ^ other.hash;
    boolean plain = Math.max(plainness, other.plainness) >= PLAIN;
    return Long.bitCount(different >>> HALF) <= MOST_SILHOUETTE_BITS
        && (!plain || Long.bitCount(different & 0xffff_ffffL) <= MOST_PATTERN_BITS);
  }

  /**
   * How alike two pictures look, at most 1: the silhouettes' intersection over union, less what the
   * patterns' correlation lacks to 1. A telling silhouette (a butterfly) excuses nearly any pattern
   * on it; of two plain ones (balls, boxes, photographs) the pattern itself must agree.
   */
  double similarity(Appearance other) {
    int both = 0;
    int either = 0;
    int product = 0;
    for (int i = 0; i < AREA; i++) {
      int mine = silhouette[i] & 0xff;
      int its = other.silhouette[i] & 0xff;
      both += Math.min(mine, its);
      either += Math.max(mine, its);
      product += pattern[i] * other.pattern[i];
    }
    double overlap = either == 0 ? 1 : (double) both / either;
    boolean bothEven = scale == 0 && other.scale == 0;
    // Light spots on dark and dark ones on light are no more different than any two patterns.
    double correlation = bothEven ? 1 : Math.max(0, product * scale * other.scale);
    double plain = Math.max(plainness, other.plainness);
    double part = Math.min(1, Math.max(0, (plain - TELLING) / (PLAIN - TELLING)));
    return overlap - (LEAST_WEIGHT + (1 - LEAST_WEIGHT) * part) * (1 - correlation);
  }
}
