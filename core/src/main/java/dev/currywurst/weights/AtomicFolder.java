package dev.currywurst.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Makes a folder whole or not at all: a hidden one beside it, forced to the disk, then moved into
 * place.
 */
public final class AtomicFolder {
  /** Fills a new folder. */
  public interface Content {
    void writeTo(Path folder) throws IOException;
  }

  private AtomicFolder() {}

  /**
   * Makes a folder.
   *
   * @param target which does not exist, or is empty
   * @throws IOException if that fails: then nothing is there
   */
  public static void write(Path target, Content content) throws IOException {
    Path folder = target.toAbsolutePath();
    Path beside =
        folder.resolveSibling(
            "."
                + folder.getFileName()
                + "."
                + ProcessHandle.current().pid()
                + "-"
                + System.nanoTime()
                + ".tmp");
    try {
      Files.createDirectories(beside);
      content.writeTo(beside);
      try (Stream<Path> files = Files.walk(beside)) {
        files.forEach(AtomicFile::force);
      }
      Files.move(beside, folder, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      discard(beside);
    }
    AtomicFile.force(folder.resolveSibling(""));
  }

  /** Deletes a folder and all in it, if it exists. */
  public static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static void discard(Path beside) {
    try {
      delete(beside);
    } catch (IOException e) {
      // What went wrong before is what matters; a hidden folder is left behind.
    }
  }
}
