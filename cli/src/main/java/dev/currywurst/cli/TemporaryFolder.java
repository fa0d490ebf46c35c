package dev.currywurst.cli;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.AtomicFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that goes, with all in it, when it is closed. */
record TemporaryFolder(Path path) implements AutoCloseable {
  static TemporaryFolder create() {
    try {
      return new TemporaryFolder(Files.createTempDirectory("currywurst"));
    } catch (IOException e) {
      throw new CurrywurstException(
          "No temporary folder can be made (%s); see to the disk, or point java.io.tmpdir elsewhere."
              .formatted(e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    try {
      AtomicFolder.delete(path);
    } catch (IOException e) {
      throw new CurrywurstException(
          "%s cannot be cleared (%s); delete it.".formatted(path, e.getMessage()), e);
    }
  }
}
