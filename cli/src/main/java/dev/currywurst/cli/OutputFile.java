package dev.currywurst.cli;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;

/** Checks of where a command will write, made before it computes for minutes. */
final class OutputFile {
  private OutputFile() {}

  /**
   * A file that can be written.
   *
   * @param replace whether there may be one of that name
   * @throws CurrywurstException if there is no folder for it, or it would replace something
   */
  static Path checked(Path file, boolean replace) {
    if (Files.isDirectory(file)) {
      throw new CurrywurstException(file + " is a folder; name a file.");
    }
    if (!replace && Files.exists(file)) {
      throw new CurrywurstException(
          file + " is there already; choose another name, or add --force to replace it.");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new CurrywurstException(
          "There is no folder %s for %s; make it first.".formatted(folder, file.getFileName()));
    }
    requireWritable(folder);
    return file;
  }

  /**
   * Files of one command, each checked as above.
   *
   * @throws CurrywurstException also if two of them are one
   */
  static void checked(List<Path> files, boolean replace) {
    Set<Path> seen = new HashSet<>();
    for (Path file : files) {
      if (!seen.add(checked(file, replace).toAbsolutePath().normalize())) {
        throw new CurrywurstException(
            file + " would be written twice; give what shall be kept names of its own.");
      }
    }
  }

  /** A folder that can be written to, made if it is missing. */
  static Path folder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw new CurrywurstException(folder + " is a file; name a folder.", e);
    } catch (IOException e) {
      throw new CurrywurstException(
          "The folder %s cannot be made (%s); choose another one."
              .formatted(folder, e.getMessage()),
          e);
    }
    requireWritable(folder);
    return folder;
  }

  /** The folder that something will lie in, made if it is missing. */
  static void parent(Path path) {
    Path parent = path.toAbsolutePath().normalize().getParent();
    if (parent != null) {
      folder(parent);
    }
  }

  /** Runs what fills a folder. Where nothing came into a new one, it goes again. */
  static int into(Path folder, IntSupplier body) {
    boolean made = !Files.exists(folder);
    folder(folder);
    try {
      return body.getAsInt();
    } finally {
      if (made) {
        var unused = folder.toFile().delete(); // Refused, as it should be, if something is in it.
      }
    }
  }

  /**
   * A folder for a new model, made if it is missing.
   *
   * @param replace whether there may be files in it
   */
  static Path emptyFolder(Path folder, boolean replace) {
    folder(folder);
    String[] names = folder.toFile().list();
    if (!replace && names != null && names.length > 0) {
      throw new CurrywurstException(
          folder
              + " is not empty; choose another folder, or add --force to replace what is there.");
    }
    return folder;
  }

  private static void requireWritable(Path folder) {
    if (!Files.isWritable(folder)) {
      throw new CurrywurstException(
          "The folder " + folder + " cannot be written to; choose another one.");
    }
  }
}
