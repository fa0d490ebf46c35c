package dev.currywurst.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the decoder has to know of a JPEG file that its pixels do not tell: the segments before the
 * first scan. What makes no sense here is left for the decoder to refuse.
 */
final class JpegHeader {
  private static final int START_OF_FRAME_0 = 0xc0;
  private static final int HUFFMAN_TABLES = 0xc4;
  private static final int START_OF_FRAME_15 = 0xcf;
  private static final int END_OF_IMAGE = 0xd9;
  private static final int START_OF_SCAN = 0xda;
  private static final int APP1 = 0xe1;
  private static final int APP2 = 0xe2;
  private static final int APP14 = 0xee;

  private static final String EXIF = "Exif\0\0";
  private static final String PROFILE = "ICC_PROFILE\0";
  private static final String ADOBE = "Adobe";

  /** Where Adobe's segment tells the colour transform, of which 2 is YCCK. */
  private static final int ADOBE_TRANSFORM = 11;

  /** Where a frame header counts its components, after precision, height and width. */
  private static final int FRAME_COMPONENTS = 5;

  private byte[] file;
  private int components;
  private boolean ycck;
  private byte[] exif = new byte[0];

  private JpegHeader(byte[] file) {
    this.file = file;
  }

  static JpegHeader of(byte[] file) {
    JpegHeader header = new JpegHeader(file);
    int at = 2;
    while (at + 4 <= file.length) {
      int marker = file[at + 1] & 0xff;
      if (file[at] != (byte) 0xff || marker == 0xff || marker == 0) {
        at++; // Padding between segments.
        continue;
      }
      if (marker == START_OF_SCAN || marker == END_OF_IMAGE) {
        break;
      }
      int length = (file[at + 2] & 0xff) << 8 | (file[at + 3] & 0xff);
      int end = Math.min(at + 2 + Math.max(length, 2), file.length);
      header.take(marker, at + 4, end);
      at = end;
    }
    return header;
  }

  private void take(int marker, int start, int end) {
    if (marker == APP1 && startsWith(EXIF, start, end)) {
      exif = Arrays.copyOfRange(file, start + EXIF.length(), end);
    } else if (marker == APP2 && startsWith(PROFILE, start, end)) {
      hideProfile(start);
    } else if (marker == APP14 && startsWith(ADOBE, start, end)) {
      ycck = end - start > ADOBE_TRANSFORM && file[start + ADOBE_TRANSFORM] == 2;
    } else if (marker >= START_OF_FRAME_0
        && marker <= START_OF_FRAME_15
        && marker != HUFFMAN_TABLES
        && end - start > FRAME_COMPONENTS) {
      components = file[start + FRAME_COMPONENTS];
    }
  }

  private boolean startsWith(String identifier, int start, int end) {
    byte[] bytes = identifier.getBytes(StandardCharsets.US_ASCII);
    return end - start >= bytes.length
        && Arrays.equals(file, start, start + bytes.length, bytes, 0, bytes.length);
  }

  /**
   * The reader would apply the profile, or fail if it is broken; under another name it does not.
   */
  private void hideProfile(int start) {
    file = file.clone();
    file[start] = 'x';
  }

  /** 1 for gray, 3 for colour, 4 for cyan, magenta, yellow and black; 0 if there is no frame. */
  int components() {
    return components;
  }

  /** Whether four components are luma, two colour differences and black. */
  boolean ycck() {
    return ycck;
  }

  /** The Exif block, or nothing. */
  byte[] exif() {
    return exif;
  }

  /** The file with its colour profile hidden from the reader. */
  byte[] withoutProfile() {
    return file;
  }
}
