package dev.currywurst.train;

import dev.currywurst.weights.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * All that checkpoints do to a disk, call by call, so that tests can let each call fail and the
 * power go at each (as SQLite is tested).
 */
interface Disk {
  /** The machine's own. */
  Disk REAL = new Real();

  /** Makes a folder and those above it; one that is there stays. */
  void createFolder(Path folder) throws IOException;

  /** Writes a new file. Its bytes may be lost until it is forced. */
  void write(Path file, AtomicFile.Content content) throws IOException;

  /** Makes a file's bytes, or a folder's entries, safe from a power failure. */
  void force(Path path) throws IOException;

  /** Renames a file or folder within its folder, at once. */
  void move(Path from, Path to) throws IOException;

  /** Deletes a file or an empty folder. */
  void delete(Path path) throws IOException;

  /** What lies in a folder; nothing if it does not exist. */
  List<Path> list(Path folder) throws IOException;

  /** Bytes that are free. */
  long free(Path folder) throws IOException;

  /** Deletes a folder and all in it, if it exists. */
  default void deleteAll(Path folder) throws IOException {
    if (Files.exists(folder)) {
      for (Path entry : list(folder)) {
        delete(entry);
      }
      delete(folder);
    }
  }

  /** A file system. */
  final class Real implements Disk {
    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private Real() {}

    @Override
    public void createFolder(Path folder) throws IOException {
      Files.createDirectories(folder);
    }

    @Override
    public void write(Path file, AtomicFile.Content content) throws IOException {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
      }
    }

    @Override
    public void force(Path path) throws IOException {
      boolean folder = Files.isDirectory(path);
      if (folder && WINDOWS) {
        return; // Cannot open folders, and does not need it.
      }
      StandardOpenOption option = folder ? StandardOpenOption.READ : StandardOpenOption.WRITE;
      try (FileChannel channel = FileChannel.open(path, option)) {
        channel.force(true);
      }
    }

    @Override
    public void move(Path from, Path to) throws IOException {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(Path path) throws IOException {
      Files.delete(path);
    }

    @Override
    public List<Path> list(Path folder) throws IOException {
      if (!Files.isDirectory(folder)) {
        return List.of();
      }
      try (Stream<Path> entries = Files.list(folder)) {
        return entries.sorted().toList();
      }
    }

    @Override
    public long free(Path folder) throws IOException {
      return Files.getFileStore(folder).getUsableSpace();
    }
  }
}
