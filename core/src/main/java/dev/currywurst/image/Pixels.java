package dev.currywurst.image;

import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * Turns what ImageIO decoded into {@link RgbaImage}s with the numbers of the file, as Pillow does:
 * no colour profile is applied, gray is not taken for linear light (as Java2D would), and of 16
 * bits the upper 8 count.
 */
final class Pixels {
  private Pixels() {}

  static RgbaImage of(BufferedImage picture) {
    int width = picture.getWidth();
    int height = picture.getHeight();
    Raster raster = picture.getRaster();
    if (picture.getColorModel() instanceof IndexColorModel palette) {
      return indexed(raster, palette);
    }
    boolean samples =
        picture.getColorModel() instanceof ComponentColorModel
            && raster.getNumBands() <= 4
            && (raster.getTransferType() == DataBuffer.TYPE_BYTE
                || raster.getTransferType() == DataBuffer.TYPE_USHORT);
    return samples
        ? interleaved(raster)
        : new RgbaImage(width, height, picture.getRGB(0, 0, width, height, null, 0, width));
  }

  private static RgbaImage indexed(Raster raster, IndexColorModel palette) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int[] argb = new int[width * height];
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int x = 0; x < width; x++) {
        argb[y * width + x] = palette.getRGB(row[x]);
      }
    }
    return new RgbaImage(width, height, argb);
  }

  /** Gray, gray and alpha, RGB or RGBA. */
  private static RgbaImage interleaved(Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    int shift = raster.getSampleModel().getSampleSize(0) - 8;
    int[] argb = new int[width * height];
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int i = x * bands;
        int red = row[i] >> shift;
        int green = bands < 3 ? red : row[i + 1] >> shift;
        int blue = bands < 3 ? red : row[i + 2] >> shift;
        int alpha = bands % 2 == 0 ? row[i + bands - 1] >> shift : 255;
        argb[y * width + x] = alpha << 24 | red << 16 | green << 8 | blue;
      }
    }
    return new RgbaImage(width, height, argb);
  }

  /**
   * Four-colour JPEG as Adobe writes it: the bytes are light, not ink. Java2D would convert by
   * whatever profile the machine has; this is Pillow's plain product, the same everywhere.
   *
   * @param ycck true if cyan, magenta and yellow are stored as luma and two colour differences
   */
  static RgbaImage ofCmyk(Raster raster, boolean ycck) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int[] argb = new int[width * height];
    int[] row = new int[width * 4];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        if (ycck) {
          lumaToInk(row, 4 * x);
        }
        int black = row[4 * x + 3];
        argb[y * width + x] =
            0xff << 24
                | product(row[4 * x], black) << 16
                | product(row[4 * x + 1], black) << 8
                | product(row[4 * x + 2], black);
      }
    }
    return new RgbaImage(width, height, argb);
  }

  /** libjpeg's ycck_cmyk_convert in 16 fractional bits. */
  private static void lumaToInk(int[] row, int i) {
    int luma = row[i];
    int blue = row[i + 1] - 128;
    int red = row[i + 2] - 128;
    row[i] = 255 - clip(luma + ((91881 * red + 32768) >> 16));
    row[i + 1] = 255 - clip(luma + ((-22554 * blue - 46802 * red + 32768) >> 16));
    row[i + 2] = 255 - clip(luma + ((116130 * blue + 32768) >> 16));
  }

  /** Pillow's cmyk2rgb for ink 255 - light and black 255 - blackLight. */
  private static int product(int light, int blackLight) {
    int sum = (255 - light) * blackLight + 128;
    return clip(blackLight - (((sum >> 8) + sum) >> 8));
  }

  private static int clip(int value) {
    return Math.min(Math.max(value, 0), 255);
  }
}
