package dev.currywurst.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a camera was held: Exif tag 0x0112, in the order of its values 1 to 8. Each tells where the
 * first row and first column of the file belong.
 */
enum Orientation {
  TOP_LEFT,
  TOP_RIGHT,
  BOTTOM_RIGHT,
  BOTTOM_LEFT,
  LEFT_TOP,
  RIGHT_TOP,
  RIGHT_BOTTOM,
  LEFT_BOTTOM;

  private static final int TAG = 0x0112;
  private static final int SHORT = 3;

  /**
   * Reads the tag from an Exif block (a TIFF header and its first directory). Whatever is wrong
   * with the block, the picture itself is not: then it stays as it is.
   */
  static Orientation ofExif(byte[] tiff) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(tiff);
      bytes.order(bytes.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
      if (bytes.getShort(2) != 42) {
        return TOP_LEFT;
      }
      int directory = bytes.getInt(4);
      int entries = bytes.getShort(directory) & 0xffff;
      for (int i = 0; i < entries; i++) {
        int entry = directory + 2 + 12 * i;
        if (bytes.getShort(entry) == TAG && bytes.getShort(entry + 2) == SHORT) {
          int value = bytes.getShort(entry + 8);
          return value >= 1 && value <= 8 ? values()[value - 1] : TOP_LEFT;
        }
      }
      return TOP_LEFT;
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      return TOP_LEFT;
    }
  }

  /** The picture as it was seen. */
  RgbaImage apply(RgbaImage image) {
    if (this == TOP_LEFT) {
      return image;
    }
    int width = image.width();
    int height = image.height();
    boolean turned =
        switch (this) {
          case TOP_LEFT, TOP_RIGHT, BOTTOM_RIGHT, BOTTOM_LEFT -> false;
          case LEFT_TOP, RIGHT_TOP, RIGHT_BOTTOM, LEFT_BOTTOM -> true;
        };
    int newWidth = turned ? height : width;
    int newHeight = turned ? width : height;
    int[] pixels = new int[width * height];
    for (int y = 0; y < newHeight; y++) {
      for (int x = 0; x < newWidth; x++) {
        int pixel =
            switch (this) {
              case TOP_LEFT -> image.at(x, y);
              case TOP_RIGHT -> image.at(width - 1 - x, y);
              case BOTTOM_RIGHT -> image.at(width - 1 - x, height - 1 - y);
              case BOTTOM_LEFT -> image.at(x, height - 1 - y);
              case LEFT_TOP -> image.at(y, x);
              case RIGHT_TOP -> image.at(y, height - 1 - x);
              case RIGHT_BOTTOM -> image.at(width - 1 - y, height - 1 - x);
              case LEFT_BOTTOM -> image.at(width - 1 - y, x);
            };
        pixels[y * newWidth + x] = pixel;
      }
    }
    return new RgbaImage(newWidth, newHeight, pixels);
  }
}
