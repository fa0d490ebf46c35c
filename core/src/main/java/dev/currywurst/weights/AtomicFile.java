package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * Writes a file whole or not at all: into a hidden file beside it, forced to the disk, then moved
 * into place. Readers that have the old file mapped keep the old bytes.
 */
public final class AtomicFile {
  /** Writes the content of a new file. */
  public interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;

    /** These bytes. */
    static Content of(byte[] bytes) {
      return channel -> {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
          channel.write(rest);
        }
      };
    }
  }

  private AtomicFile() {}

  /** As {@link #write(Path, Content)}, with bytes that are in memory. */
  public static void write(Path target, byte[] bytes) {
    write(target, Content.of(bytes));
  }

  /**
   * Writes or replaces a file.
   *
   * @throws CurrywurstException if that fails (no folder, no permission, full disk): then what was
   *     there before still is, and nothing else
   */
  public static void write(Path target, Content content) {
    Path file = target.toAbsolutePath();
    Path folder = Objects.requireNonNull(file.getParent(), "a file has a folder");
    Path temporary =
        folder.resolve(
            "."
                + file.getFileName()
                + "."
                + ProcessHandle.current().pid()
                + "-"
                + System.nanoTime()
                + ".tmp");
    boolean done = false;
    try {
      // Not Files.createTempFile: its files are for their owner's eyes only.
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      done = true;
    } catch (IOException e) {
      throw new CurrywurstException(
          "Cannot write " + target + ": " + reason(folder, e) + "; nothing was changed.", e);
    } finally {
      if (!done) {
        discard(temporary);
      }
    }
    force(folder);
  }

  /** Why something could not be written into a folder, as the end of a sentence. */
  public static String reason(Path folder, IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no folder " + folder;
    }
    if (e instanceof AccessDeniedException) {
      return "the permission is missing, or another program holds the file";
    }
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    if (message.contains("No space left") || message.contains("not enough space")) {
      return "the disk is full; free some space or choose another folder";
    }
    return message;
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // What went wrong before is what matters; a hidden file is left behind.
    }
  }

  /** Makes a move in a folder durable, or a file that is written already, where the system can. */
  static void force(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows forces only what is open for writing; some network file systems, no folder.
    }
  }
}
