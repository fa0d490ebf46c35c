package dev.currywurst.train;

import dev.currywurst.weights.AtomicFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A disk whose n-th call fails, once or from then on, and which then may lose its power: what was
 * not forced is lost or torn.
 *
 * <p>The model is the contract of POSIX: forcing a file makes its bytes safe, forcing a folder its
 * entries. Of the changes to a folder that were not forced, the first few stay, in their order; of
 * the bytes of a file that was not forced, anything.
 */
final class FaultyDisk implements Disk {
  /** How the disk fails. */
  enum Fault {
    ONCE,
    FROM_THEN_ON
  }

  /** A change to a folder, and how to take it back. */
  private record Change(Path folder, Undo undo) {}

  private interface Undo {
    void run() throws IOException;
  }

  private final long faultyCall;
  private final Fault fault;
  private final Path bin;
  private final List<Change> unforced = new ArrayList<>();
  private final Set<Path> unforcedFiles = new HashSet<>();
  private final Map<Path, Path> moved = new HashMap<>();
  private long calls;
  private int binned;

  /**
   * A disk.
   *
   * @param faultyCall the first is 1; 0 for a disk that never fails
   * @param bin an empty folder for what is deleted
   */
  FaultyDisk(long faultyCall, Fault fault, Path bin) {
    this.faultyCall = faultyCall;
    this.fault = fault;
    this.bin = bin;
  }

  /** Where deleted files are. */
  Path bin() {
    return bin;
  }

  /** True if the fault has come. */
  boolean failed() {
    return faultyCall > 0 && calls >= faultyCall;
  }

  private void call() throws IOException {
    calls++;
    if (calls == faultyCall || (fault == Fault.FROM_THEN_ON && failed())) {
      throw new IOException("No space left on device");
    }
  }

  @Override
  public void createFolder(Path folder) throws IOException {
    call();
    if (!Files.isDirectory(folder)) {
      REAL.createFolder(folder);
      changed(folder, () -> remove(folder));
    }
  }

  private void changed(Path path, Undo undo) {
    unforced.add(new Change(path.getParent(), undo));
  }

  @Override
  public void write(Path file, AtomicFile.Content content) throws IOException {
    call();
    REAL.write(
        file,
        channel -> {
          changed(file, () -> remove(file));
          unforcedFiles.add(file);
          content.writeTo(new Writing(channel));
        });
  }

  /** Half of what the failing call was given is written before it fails. */
  private final class Writing implements WritableByteChannel {
    private final WritableByteChannel channel;

    Writing(WritableByteChannel channel) {
      this.channel = channel;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      try {
        call();
      } catch (IOException e) {
        channel.write(bytes.slice(bytes.position(), bytes.remaining() / 2));
        throw e;
      }
      return channel.write(bytes);
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  @Override
  public void force(Path path) throws IOException {
    call(); // The machine under the test keeps its power.
    unforcedFiles.remove(path);
    unforced.removeIf(change -> change.folder().equals(path));
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    call();
    REAL.move(from, to);
    moved.put(from, to);
    changed(
        to,
        () -> {
          if (Files.exists(to) && !Files.exists(from)) {
            Files.move(to, from);
            moved.remove(from);
          }
        });
  }

  @Override
  public void delete(Path path) throws IOException {
    call();
    if (Files.isDirectory(path)) {
      REAL.delete(path);
      changed(path, () -> Files.createDirectories(path));
      return;
    }
    Path kept = bin.resolve(System.identityHashCode(this) + "-" + binned++);
    Files.move(path, kept);
    changed(
        path,
        () -> {
          if (Files.isDirectory(path.getParent())) {
            Files.copy(kept, path, StandardCopyOption.REPLACE_EXISTING);
          }
        });
  }

  @Override
  public List<Path> list(Path folder) throws IOException {
    call();
    return REAL.list(folder);
  }

  @Override
  public long free(Path folder) throws IOException {
    call();
    return REAL.free(folder);
  }

  /** What a machine finds on the disk when it starts again. */
  void losePower(SplittableRandom random) throws IOException {
    for (Path file : unforcedFiles) {
      tear(now(file), random);
    }
    Map<Path, Integer> changes = new HashMap<>();
    unforced.forEach(change -> changes.merge(change.folder(), 1, Integer::sum));
    Map<Path, Integer> stay = new HashMap<>();
    changes.forEach((folder, count) -> stay.put(folder, random.nextInt(count + 1)));
    for (int i = unforced.size() - 1; i >= 0; i--) {
      Change change = unforced.get(i);
      int place = changes.merge(change.folder(), -1, Integer::sum);
      if (place >= stay.get(change.folder())) {
        change.undo().run();
      }
    }
  }

  private static void tear(Path file, SplittableRandom random) throws IOException {
    if (!Files.exists(file) || random.nextInt(4) == 0) {
      return;
    }
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      long length = random.nextLong(bytes.length() + 1);
      if (random.nextBoolean()) {
        bytes.setLength(length);
      } else if (length > 0) {
        bytes.seek(random.nextLong(length));
        bytes.write(new byte[(int) Math.min(512, bytes.length() - bytes.getFilePointer())]);
      }
    }
  }

  /** Where a file or folder lies if it, or the folder that it is in, was renamed. */
  private Path now(Path path) {
    Path folder = moved.getOrDefault(path.getParent(), path.getParent());
    return moved.getOrDefault(path, folder.resolve(path.getFileName()));
  }

  private void remove(Path path) throws IOException {
    Path place = now(path);
    if (Files.isDirectory(place)) {
      for (Path entry : REAL.list(place)) {
        remove(entry);
      }
    }
    Files.deleteIfExists(place);
  }
}
