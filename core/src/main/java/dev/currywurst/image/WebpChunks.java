package dev.currywurst.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the decoder has to know of a WebP file before it runs. The canvas and the bitstreams inside
 * each declare a size; memory goes by the largest.
 */
final class WebpChunks {
  private static final int HEADER = 12;

  /** The bit that announces a colour profile, in the flags of an extended file. */
  private static final int PROFILE_FLAG = 0x20;

  private byte[] file;
  private final ByteBuffer bytes;
  private int width;
  private int height;
  private byte[] exif = new byte[0];

  private WebpChunks(byte[] file) {
    this.file = file;
    this.bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Walks the file.
   *
   * @throws EOFException if it is shorter than it says
   */
  static WebpChunks of(byte[] file) throws IOException {
    WebpChunks chunks = new WebpChunks(file);
    long end = 8 + (chunks.bytes.getInt(4) & 0xffffffffL);
    if (end > file.length) {
      throw new EOFException("the file is shorter than its header says");
    }
    chunks.walk(HEADER, (int) end, true);
    return chunks;
  }

  /** The largest declared width. */
  int width() {
    return width;
  }

  /** The largest declared height. */
  int height() {
    return height;
  }

  /** The Exif block, or nothing. */
  byte[] exif() {
    return exif;
  }

  /** The file with its colour profile hidden from the reader. */
  byte[] withoutProfile() {
    return file;
  }

  private void walk(int start, int end, boolean outermost) throws IOException {
    int at = start;
    while (end - at >= 8) {
      String type = new String(file, at, 4, StandardCharsets.ISO_8859_1);
      int length = bytes.getInt(at + 4);
      int data = at + 8;
      if (length < 0 || length > end - data) {
        throw new EOFException("a chunk is longer than the file");
      }
      switch (type) {
        case "VP8X" -> {
          grow(1 + int24(data + 4), 1 + int24(data + 7));
          hideProfile(data);
        }
        case "VP8 " -> grow(bytes.getShort(data + 6) & 0x3fff, bytes.getShort(data + 8) & 0x3fff);
        case "VP8L" -> {
          int size = bytes.getInt(data + 1);
          grow(1 + (size & 0x3fff), 1 + ((size >> 14) & 0x3fff));
        }
        case "ANMF" -> {
          if (outermost) {
            walk(data + 16, data + length, false);
          }
        }
        case "EXIF" -> exif = Arrays.copyOfRange(file, data, data + length);
        default -> {
          // Colour profile, transparency, text: of no size of their own.
        }
      }
      at = data + length + (length & 1);
    }
  }

  /** The reader would apply the profile, or fail if it is broken; unannounced, it is skipped. */
  private void hideProfile(int flags) {
    if ((file[flags] & PROFILE_FLAG) != 0) {
      file = file.clone();
      file[flags] &= ~PROFILE_FLAG;
    }
  }

  private void grow(int otherWidth, int otherHeight) {
    width = Math.max(width, otherWidth);
    height = Math.max(height, otherHeight);
  }

  private int int24(int at) {
    return (bytes.getShort(at) & 0xffff) | (bytes.get(at + 2) & 0xff) << 16;
  }
}
