package dev.currywurst.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The pieces of a PNG file. The JDK's reader neither looks at their checksums nor notices damage in
 * compressed data it has no more need of, so both are told here before it runs.
 */
final class PngChunks {
  static final int SIGNATURE = 8;

  private final byte[] file;
  private final List<Chunk> chunks;

  /** Where in the file a chunk's data lies. */
  record Chunk(String type, int offset, int length) {}

  private PngChunks(byte[] file, List<Chunk> chunks) {
    this.file = file;
    this.chunks = chunks;
  }

  /**
   * Walks the file up to its end chunk.
   *
   * @throws EOFException if the file ends before
   * @throws IOException if a chunk that the picture depends on fails its checksum
   */
  static PngChunks of(byte[] file) throws IOException {
    List<Chunk> chunks = new ArrayList<>();
    ByteBuffer bytes = ByteBuffer.wrap(file);
    int at = SIGNATURE;
    while (true) {
      if (file.length - at < 12) {
        throw new EOFException("the file ends before its end chunk");
      }
      int length = bytes.getInt(at);
      if (length < 0 || length > file.length - at - 12) {
        throw new EOFException("a chunk is longer than the file");
      }
      String type = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
      if (!type.matches("[A-Za-z]{4}")) {
        throw new IOException("a chunk has no valid name");
      }
      boolean critical = Character.isUpperCase(type.charAt(0)) || type.equals("tRNS");
      if (critical && checksum(file, at + 4, length + 4) != bytes.getInt(at + 8 + length)) {
        throw new IOException("the " + type + " chunk fails its checksum");
      }
      chunks.add(new Chunk(type, at + 8, length));
      if (type.equals("IEND")) {
        return new PngChunks(file, chunks);
      }
      at += 12 + length;
    }
  }

  static int checksum(byte[] bytes, int offset, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }

  List<Chunk> list() {
    return chunks;
  }

  byte[] data(Chunk chunk) {
    return Arrays.copyOfRange(file, chunk.offset, chunk.offset + chunk.length);
  }

  Optional<byte[]> first(String type) {
    return chunks.stream().filter(chunk -> chunk.type.equals(type)).findFirst().map(this::data);
  }
}
