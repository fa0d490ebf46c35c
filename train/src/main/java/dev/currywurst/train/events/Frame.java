package dev.currywurst.train.events;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** The frames of a TFRecord file: length, its checksum, the bytes, their checksum. */
final class Frame {
  private static final int MASK = 0xa282ead8;

  private Frame() {}

  /** A record as it stands in a file. */
  static ByteBuffer of(byte[] record) {
    ByteBuffer frame =
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES + record.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(record.length);
    return frame
        .putInt(checksum(frame.array(), 0, Long.BYTES))
        .put(record)
        .putInt(checksum(record, 0, record.length))
        .flip();
  }

  /** Masked, since checksums of bytes that hold checksums are weak (TensorFlow's crc32c.h). */
  private static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }
}
