package dev.currywurst.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Short little-endian pieces of a file. */
final class FileBytes {
  private FileBytes() {}

  /** The bytes from {@code position}, all of which must lie in the file. */
  static ByteBuffer read(Path file, FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw Refusal.of(file, "it ends at byte " + channel.size() + ", too early; fetch it again");
      }
    }
    return buffer.flip();
  }
}
