package dev.currywurst.train.stage;

import dev.currywurst.train.data.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Many small values in one file, found by key through a second file of places; both only grow. Any
 * number of processes may read and add at the same time, and each finds what the others added. What
 * a crash leaves half written is passed over: a place counts only if its checksum is right, and a
 * value only if the checksum in its place is.
 *
 * <p>Not forced to the disk: what a power cut takes is computed again.
 */
final class PackFile {
  /** Key, offset, length, checksum of the value; then the checksum of all that. */
  private static final int ENTRY = 36;

  private static final int CHECKED = ENTRY - 4;

  /** Locks of files are held by whole processes, so threads need one of their own. */
  private static final ReentrantLock ADDING = new ReentrantLock();

  private final Path data;
  private final Path index;
  private final Map<Key, Place> places = new HashMap<>();
  private long indexed;

  /** The first half of a key's SHA-256. */
  private record Key(long high, long low) {
    static Key of(String key) {
      String hash = new Fingerprint().add(key).hex();
      return new Key(
          HexFormat.fromHexDigitsToLong(hash, 0, 16), HexFormat.fromHexDigitsToLong(hash, 16, 32));
    }
  }

  private record Place(long offset, int length, int checksum) {}

  /** The pack in a folder, which is made when the first value comes. */
  PackFile(Path folder) {
    this.data = folder.resolve("values.pack");
    this.index = folder.resolve("values.index");
  }

  /** The value of a key, or null if there is none or it is damaged. */
  byte @Nullable [] read(String key) throws IOException {
    Key wanted = Key.of(key);
    Place place = places.get(wanted);
    if (place == null && Files.exists(index) && Files.size(index) >= indexed + ENTRY) {
      try (FileChannel channel = FileChannel.open(index)) {
        readOn(channel);
      }
      place = places.get(wanted);
    }
    if (place == null || !Files.exists(data)) {
      return null;
    }
    try (FileChannel channel = FileChannel.open(data)) {
      if (place.offset + place.length <= channel.size()) {
        ByteBuffer value = filled(channel, place.offset, place.length);
        if (checksum(value) == place.checksum) {
          byte[] bytes = new byte[value.remaining()];
          value.get(bytes);
          return bytes;
        }
      }
    }
    places.remove(wanted); // A new value will have a new place.
    return null;
  }

  /** Adds a value, unless another process has done so meanwhile. */
  void add(String key, byte[] value) throws IOException {
    ADDING.lock();
    try {
      Files.createDirectories(data.toAbsolutePath().getParent());
      try (FileChannel entries =
              FileChannel.open(
                  index,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE);
          FileLock lock = entries.lock()) {
        readOn(entries);
        Key added = Key.of(key);
        if (lock.isValid() && !places.containsKey(added)) {
          add(entries, added, value);
        }
      }
    } finally {
      ADDING.unlock();
    }
  }

  private void add(FileChannel entries, Key key, byte[] value) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(value);
    Place place;
    try (FileChannel values =
        FileChannel.open(data, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      place = new Place(values.size(), value.length, checksum(bytes));
      write(values, bytes, place.offset);
    }
    ByteBuffer entry =
        ByteBuffer.allocate(ENTRY)
            .putLong(key.high)
            .putLong(key.low)
            .putLong(place.offset)
            .putInt(place.length)
            .putInt(place.checksum);
    entry.putInt(checksum(entry.duplicate().flip())).flip();
    // Over what a crash may have left of an entry.
    write(entries, entry, indexed);
    indexed += ENTRY;
    places.put(key, place);
  }

  /** Reads places that were added since. */
  private void readOn(FileChannel entries) throws IOException {
    long whole = (entries.size() - indexed) / ENTRY;
    while (whole > 0) {
      int some = (int) Math.min(whole, 1 << 16);
      ByteBuffer bytes = filled(entries, indexed, some * ENTRY);
      for (int i = 0; i < some; i++) {
        ByteBuffer entry = bytes.slice(i * ENTRY, ENTRY);
        if (checksum(entry.slice(0, CHECKED)) == entry.getInt(CHECKED)) {
          places.put(
              new Key(entry.getLong(), entry.getLong()),
              new Place(entry.getLong(), entry.getInt(), entry.getInt()));
        }
      }
      indexed += (long) some * ENTRY;
      whole -= some;
    }
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes.duplicate());
    return (int) checksum.getValue();
  }

  private static ByteBuffer filled(FileChannel channel, long offset, int length)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new IOException("it became shorter while it was read");
      }
    }
    return bytes.flip();
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
