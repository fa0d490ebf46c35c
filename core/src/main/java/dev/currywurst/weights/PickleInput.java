package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The bytes of one or several pickles, read forwards; never past their end. */
final class PickleInput {
  /** The longest text; real names have a hundred characters. */
  private static final int LONGEST_TEXT = 1 << 20;

  private static final int LONGEST_LINE = 256;

  private final Path file;
  private final ByteBuffer bytes;

  PickleInput(Path file, ByteBuffer bytes) {
    this.file = file;
    this.bytes = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  Path file() {
    return file;
  }

  int position() {
    return bytes.position();
  }

  int unsignedByte() {
    need(1);
    return Byte.toUnsignedInt(bytes.get());
  }

  int unsignedShort() {
    need(2);
    return Short.toUnsignedInt(bytes.getShort());
  }

  int signedInt() {
    need(4);
    return bytes.getInt();
  }

  long unsignedInt() {
    return Integer.toUnsignedLong(signedInt());
  }

  /** The one number that pickles write with the highest byte first. */
  double bigEndianDouble() {
    need(8);
    return Double.longBitsToDouble(Long.reverseBytes(bytes.getLong()));
  }

  /** A signed integer of any length, lowest byte first. */
  BigInteger integer(int length) {
    need(length);
    byte[] highestFirst = new byte[length];
    for (int i = length - 1; i >= 0; i--) {
      highestFirst[i] = bytes.get();
    }
    return length == 0 ? BigInteger.ZERO : new BigInteger(highestFirst);
  }

  String text(long length) {
    if (length > LONGEST_TEXT) {
      throw refuse("holds a text of " + length + " bytes; " + LONGEST_TEXT + " are the most");
    }
    need((int) length);
    ByteBuffer text = bytes.slice(bytes.position(), (int) length);
    bytes.position(bytes.position() + (int) length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw refuse("holds text that is not valid UTF-8");
    }
  }

  /** A string of Python 2, whose bytes have no agreed meaning. */
  String latin1(int length) {
    need(length);
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /** Up to the next line feed, which is read but left out. */
  String line() {
    StringBuilder line = new StringBuilder();
    for (int c = unsignedByte(); c != '\n'; c = unsignedByte()) {
      if (line.length() == LONGEST_LINE) {
        throw refuse("holds a name of more than " + LONGEST_LINE + " characters");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private void need(int count) {
    if (bytes.remaining() < count) {
      throw refuse("ends in the middle, at byte " + bytes.limit() + "; fetch the file again");
    }
  }

  /** {@code problem} is a predicate: what the pickle does that it must not. */
  CurrywurstException refuse(String problem) {
    return Refusal.of(file, "its pickle " + problem);
  }
}
