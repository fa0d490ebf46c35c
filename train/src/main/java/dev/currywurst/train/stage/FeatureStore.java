package dev.currywurst.train.stage;

import dev.currywurst.weights.AtomicFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Outputs of frozen encoders, computed once: in memory as far as they fit, and on the disk, where a
 * run finds them again when it goes on. A key names everything that an output depends on (the
 * picture's content, its preparation, the encoder's weights), so an entry can't go stale; a damaged
 * one is computed again. Several processes may use one folder; they share what they find.
 *
 * <p>What other encoders left is deleted when it was not used for a month. Where the disk has no
 * more room than checkpoints need, or fails, nothing more is kept on it: no run ends for want of an
 * entry.
 *
 * <p>For one thread.
 */
final class FeatureStore {
  private static final Logger log = LoggerFactory.getLogger(FeatureStore.class);
  private static final long LEFT_FREE = 1L << 30;

  /** A run has two or three stores, and Java needs room for pictures beside. */
  private static final long MEMORY = Math.min(512L << 20, Runtime.getRuntime().maxMemory() / 8);

  private static final Duration UNUSED = Duration.ofDays(30);

  private final Path folder;
  private final long mostBytes;
  private final long leastFree;
  private long leftFree;
  private final PackFile pack;
  private final Map<String, float[]> memory = new LinkedHashMap<>(16, 0.75f, true);
  private long held;

  private boolean full;
  private boolean unreadable;

  /**
   * A store in a folder.
   *
   * @param folder of all stores
   * @param owner fingerprint of the encoder and all settings that change its outputs
   */
  FeatureStore(Path folder, String owner) {
    this(folder, owner, MEMORY, LEFT_FREE);
  }

  /**
   * As above.
   *
   * @param mostBytes in memory
   * @param leftFree bytes of the disk that others need
   */
  FeatureStore(Path folder, String owner, long mostBytes, long leftFree) {
    this.folder = folder.resolve(owner);
    this.mostBytes = mostBytes;
    this.leastFree = leftFree;
    this.leftFree = leftFree;
    this.pack = new PackFile(this.folder);
    use(folder);
  }

  /** Marks this store as used, and deletes those that were not for long. */
  private void use(Path all) {
    if (!Files.isDirectory(all)) {
      return;
    }
    Instant now = Instant.now();
    try (Stream<Path> stores = Files.list(all)) {
      for (Path store : stores.filter(Files::isDirectory).toList()) {
        if (store.equals(folder)) {
          Files.setLastModifiedTime(store, FileTime.from(now));
        } else if (Files.getLastModifiedTime(store).toInstant().isBefore(now.minus(UNUSED))) {
          AtomicFolder.delete(store);
        }
      }
    } catch (IOException e) {
      log.warn("Outputs of earlier encoders cannot be cleaned up: {}", e.getMessage());
    }
  }

  /** The output kept under a key, or null. */
  float @Nullable [] find(String key) {
    float[] values = memory.get(key);
    if (values == null) {
      values = read(key);
      if (values != null) {
        remember(key, values);
      }
    }
    return values;
  }

  /** Leaves at least so many bytes of the disk free from now on. */
  void leaveFree(long bytes) {
    leftFree = Math.max(leastFree, bytes);
  }

  /** Keeps an output as far as there is room. */
  void keep(String key, float[] values) {
    remember(key, values);
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    try {
      if (hasRoom(bytes.capacity())) {
        pack.add(key, bytes.array());
        full = false;
      }
    } catch (IOException e) {
      if (!full) {
        log.warn("{} cannot be written ({}); what comes now is not kept.", folder, e.getMessage());
      }
      full = true;
    }
  }

  private boolean hasRoom(long bytes) throws IOException {
    Files.createDirectories(folder);
    boolean room = Files.getFileStore(folder).getUsableSpace() - bytes >= leftFree;
    if (!room && !full) {
      log.warn(
          "{} is on a disk that has no room beside checkpoints; what comes now is not kept.",
          folder);
      full = true;
    }
    return room;
  }

  private float @Nullable [] read(String key) {
    try {
      byte[] bytes = pack.read(key);
      if (bytes == null || bytes.length % 4 != 0) {
        return null;
      }
      float[] values = new float[bytes.length / 4];
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      return values;
    } catch (IOException e) {
      if (!unreadable) {
        log.warn("{} cannot be read ({}); it is computed again.", folder, e.getMessage());
      }
      unreadable = true;
      return null;
    }
  }

  private void remember(String key, float[] values) {
    float[] before = memory.put(key, values);
    held += 4L * (values.length - (before == null ? 0 : before.length));
    var eldest = memory.entrySet().iterator();
    while (held > mostBytes && memory.size() > 1) {
      held -= 4L * eldest.next().getValue().length;
      eldest.remove();
    }
  }
}
