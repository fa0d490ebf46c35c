package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Outputs of frozen encoders, computed once: in memory as far as they fit, and on the disk, where a
 * run finds them again when it goes on. A key names everything that an output depends on (the
 * picture's content, its preparation, the encoder's weights), so an entry can't go stale; a damaged
 * one is computed again.
 *
 * <p>For one thread.
 */
final class FeatureStore {
  private static final int MAGIC = 0x43575246;
  private static final int HEADER = 12;
  private static final long MEMORY = 512L << 20;

  private final Path folder;
  private final long mostBytes;
  private final Map<String, float[]> memory = new LinkedHashMap<>(16, 0.75f, true);
  private long held;

  /**
   * A store in a folder.
   *
   * @param folder of all stores
   * @param owner fingerprint of the encoder and all settings that change its outputs
   */
  FeatureStore(Path folder, String owner) {
    this(folder, owner, MEMORY);
  }

  FeatureStore(Path folder, String owner, long mostBytes) {
    this.folder = folder.resolve(owner);
    this.mostBytes = mostBytes;
  }

  /** The output kept under a key of at least two letters, or null. */
  float @Nullable [] find(String key) {
    float[] values = memory.get(key);
    if (values == null) {
      values = read(file(key));
      if (values != null) {
        remember(key, values);
      }
    }
    return values;
  }

  /**
   * Keeps an output.
   *
   * @throws CurrywurstException if it cannot be written
   */
  void keep(String key, float[] values) {
    remember(key, values);
    Path file = file(key);
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER + 4 * values.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(MAGIC)
            .position(HEADER);
    bytes.asFloatBuffer().put(values);
    bytes.putLong(4, checksum(bytes));
    try {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Path beside = file.resolveSibling(file.getFileName() + ".tmp");
      // Not forced to the disk: what a power cut takes is computed again.
      Files.write(beside, bytes.array());
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new CurrywurstException(
          file + " cannot be written (" + e.getMessage() + "); free space on that disk.", e);
    }
  }

  private static float @Nullable [] read(Path file) {
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      if (bytes.limit() < HEADER
          || bytes.limit() % 4 != 0
          || bytes.getInt(0) != MAGIC
          || bytes.getLong(4) != checksum(bytes)) {
        return null;
      }
      float[] values = new float[(bytes.limit() - HEADER) / 4];
      bytes.position(HEADER).asFloatBuffer().get(values);
      return values;
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private static long checksum(ByteBuffer bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes.duplicate().position(HEADER));
    return checksum.getValue();
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

  private Path file(String key) {
    return folder.resolve(key.substring(0, 2)).resolve(key);
  }
}
