package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.MappedRanges.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A zip archive whose entries are stored uncompressed, as {@code torch.save} writes them: where
 * each lies in the file. Java's own zip classes do not tell. Field offsets are those of PKWARE's
 * APPNOTE.TXT, sections 4.3.7 to 4.3.16; nothing is ever unpacked.
 */
final class StoredZip {
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int CENTRAL_HEADER = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_LOCATOR = 0x07064b50;
  private static final int END_BYTES = 22;
  private static final int LOCATOR_BYTES = 20;
  private static final int LOCAL_BYTES = 30;
  private static final int CENTRAL_BYTES = 46;
  private static final int LONGEST_COMMENT = 0xFFFF;
  private static final long IN_EXTRA_FIELD = 0xFFFFFFFFL;

  /** Room for half a million entries; a real checkpoint has a few thousand. */
  private static final long LONGEST_DIRECTORY = 64_000_000;

  /**
   * What the directory says of an entry.
   *
   * @param header the position of its local header, which its data follows
   * @param packed the size of its data in the file
   * @param bytes the size of its data once unpacked
   */
  private record Listed(long header, long packed, long bytes, boolean stored) {}

  private final Path file;
  private final FileChannel channel;
  private final Map<String, Listed> entries = new LinkedHashMap<>();
  private long directoryStart;

  private StoredZip(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Reads the directory; {@code channel} must stay open as long as entries are located. */
  static StoredZip open(Path file, FileChannel channel) throws IOException {
    StoredZip zip = new StoredZip(file, channel);
    zip.readEnd();
    return zip;
  }

  Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }

  /** Where an entry's data lies in the file, nothing if there is no such entry. */
  Range locate(String name) throws IOException {
    Listed listed = entries.get(name);
    if (listed == null) {
      return new Range(0, 0);
    }
    if (!listed.stored() || listed.packed() != listed.bytes()) {
      throw broken(
          name, "is compressed or encrypted, which PyTorch never does; save it again with torch");
    }
    if (listed.header() < 0 || listed.header() > directoryStart - LOCAL_BYTES) {
      throw broken(name, "lies outside the archive");
    }
    ByteBuffer header = FileBytes.read(file, channel, listed.header(), LOCAL_BYTES);
    int nameLength = Short.toUnsignedInt(header.getShort(26));
    int extraLength = Short.toUnsignedInt(header.getShort(28));
    long data = listed.header() + LOCAL_BYTES + nameLength + extraLength;
    if (header.getInt(0) != LOCAL_HEADER || data > directoryStart) {
      throw broken(name, "has no header where the directory says");
    }
    ByteBuffer local = FileBytes.read(file, channel, listed.header() + LOCAL_BYTES, nameLength);
    if (!name.equals(StandardCharsets.UTF_8.decode(local).toString())) {
      throw broken(name, "has another name in its own header");
    }
    if (listed.bytes() < 0 || listed.bytes() > directoryStart - data) {
      throw broken(name, "reaches beyond the archive's data");
    }
    return new Range(data, listed.bytes());
  }

  private void readEnd() throws IOException {
    long size = channel.size();
    int tailBytes = (int) Math.min(size, END_BYTES + LONGEST_COMMENT);
    ByteBuffer tail = FileBytes.read(file, channel, size - tailBytes, tailBytes);
    int at = tailBytes - END_BYTES;
    while (at >= 0 && !isEnd(tail, at)) {
      at--;
    }
    if (at < 0) {
      throw Refusal.of(
          file, "the end of its zip archive is missing; the file was cut short, fetch it again");
    }
    long end = size - tailBytes + at;
    long count = Short.toUnsignedLong(tail.getShort(at + 10));
    long directoryBytes = Integer.toUnsignedLong(tail.getInt(at + 12));
    directoryStart = Integer.toUnsignedLong(tail.getInt(at + 16));
    ByteBuffer end64 = readEnd64(end);
    if (end64 != null) {
      count = end64.getLong(32);
      directoryBytes = end64.getLong(40);
      directoryStart = end64.getLong(48);
    }
    if (directoryBytes < 0 || directoryBytes > LONGEST_DIRECTORY) {
      throw Refusal.of(file, "the directory of its zip archive is too large");
    }
    if (directoryStart < 0 || directoryStart > end - directoryBytes) {
      throw Refusal.of(file, "the directory of its zip archive lies outside the file");
    }
    readDirectory(
        FileBytes.read(file, channel, directoryStart, Math.toIntExact(directoryBytes)), count);
  }

  private static boolean isEnd(ByteBuffer tail, int at) {
    return tail.getInt(at) == END
        && at + END_BYTES + Short.toUnsignedInt(tail.getShort(at + 20)) == tail.limit();
  }

  /** The record that large archives have besides the old one, or null. */
  private @Nullable ByteBuffer readEnd64(long end) throws IOException {
    if (end < LOCATOR_BYTES) {
      return null;
    }
    ByteBuffer locator = FileBytes.read(file, channel, end - LOCATOR_BYTES, LOCATOR_BYTES);
    if (locator.getInt(0) != END_64_LOCATOR) {
      return null;
    }
    long position = locator.getLong(8);
    if (position < 0 || position > end - LOCATOR_BYTES - 56) {
      throw Refusal.of(file, "the end of its zip archive is broken; fetch it again");
    }
    ByteBuffer end64 = FileBytes.read(file, channel, position, 56);
    if (end64.getInt(0) != END_64) {
      throw Refusal.of(file, "the end of its zip archive is broken; fetch it again");
    }
    return end64;
  }

  private void readDirectory(ByteBuffer directory, long count) {
    long total = 0;
    while (directory.remaining() >= CENTRAL_BYTES) {
      int at = directory.position();
      int nameLength = Short.toUnsignedInt(directory.getShort(at + 28));
      int extraLength = Short.toUnsignedInt(directory.getShort(at + 30));
      int commentLength = Short.toUnsignedInt(directory.getShort(at + 32));
      int next = at + CENTRAL_BYTES + nameLength + extraLength + commentLength;
      if (directory.getInt(at) != CENTRAL_HEADER || next > directory.limit()) {
        break;
      }
      ByteBuffer nameBytes = directory.slice(at + CENTRAL_BYTES, nameLength);
      String name = StandardCharsets.UTF_8.decode(nameBytes).toString();
      ByteBuffer extra =
          directory.slice(at + CENTRAL_BYTES + nameLength, extraLength).order(directory.order());
      Listed listed = listed(directory, at, extra);
      total += Math.max(0, listed.packed());
      if (total < 0 || total > directoryStart) {
        throw Refusal.of(file, "the entries of its zip archive claim more bytes than it has");
      }
      if (entries.put(name, listed) != null) {
        throw broken(name, "is there twice");
      }
      directory.position(next);
    }
    if (directory.hasRemaining() || entries.size() != count) {
      throw Refusal.of(file, "the directory of its zip archive is broken; fetch it again");
    }
  }

  /** Sizes and positions of 4 GB and more stand in the extra field 1, in this order. */
  private static Listed listed(ByteBuffer directory, int at, ByteBuffer extra) {
    long packed = Integer.toUnsignedLong(directory.getInt(at + 20));
    long bytes = Integer.toUnsignedLong(directory.getInt(at + 24));
    long header = Integer.toUnsignedLong(directory.getInt(at + 42));
    while (extra.remaining() >= 4) {
      int tag = extra.getShort();
      int length = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
      ByteBuffer field = extra.slice(extra.position(), length).order(extra.order());
      extra.position(extra.position() + length);
      if (tag == 1) {
        bytes = bytes == IN_EXTRA_FIELD && field.remaining() >= 8 ? field.getLong() : bytes;
        packed = packed == IN_EXTRA_FIELD && field.remaining() >= 8 ? field.getLong() : packed;
        header = header == IN_EXTRA_FIELD && field.remaining() >= 8 ? field.getLong() : header;
      }
    }
    int encrypted = directory.getShort(at + 8) & 1;
    int method = directory.getShort(at + 10);
    return new Listed(header, packed, bytes, method == 0 && encrypted == 0);
  }

  private CurrywurstException broken(String name, String problem) {
    return Refusal.of(file, "its zip entry " + Printable.quoted(name) + " " + problem);
  }
}
