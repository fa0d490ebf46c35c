package dev.currywurst.text;

import java.util.Arrays;

/**
 * One printable character for each of the 256 bytes, so that a vocabulary of byte strings can be
 * written as text (GPT-2's {@code bytes_to_unicode}). Bytes that print in Latin-1 stand for
 * themselves, the others take the characters from U+0100 on: a space is Ġ.
 */
final class ByteAlphabet {
  private static final int BYTES = 256;
  private static final char[] SYMBOL_OF = new char[BYTES];
  private static final int[] BYTE_OF = new int[2 * BYTES];
  private static final int[] ORDER = new int[BYTES];

  static {
    Arrays.fill(BYTE_OF, -1);
    int printing = 0;
    int others = 0;
    for (int b = 0; b < BYTES; b++) {
      if (prints(b)) {
        SYMBOL_OF[b] = (char) b;
        ORDER[printing++] = b;
      } else {
        SYMBOL_OF[b] = (char) (BYTES + others++);
      }
      BYTE_OF[SYMBOL_OF[b]] = b;
    }
    for (int b = 0; b < BYTES; b++) {
      if (!prints(b)) {
        ORDER[printing++] = b;
      }
    }
  }

  private ByteAlphabet() {}

  static char symbolOf(int unsignedByte) {
    return SYMBOL_OF[unsignedByte];
  }

  /** The byte (0 to 255) that a symbol stands for, or -1 if it stands for none. */
  static int byteOf(char symbol) {
    return symbol < BYTE_OF.length ? BYTE_OF[symbol] : -1;
  }

  /** The bytes in the order of CLIP's vocabulary: those that print first. */
  static int[] order() {
    return ORDER.clone();
  }

  private static boolean prints(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xFF && b != 0xAD);
  }
}
