package dev.currywurst;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Where the project's own files are. */
public final class Project {
  private Project() {}

  /** The folder of README.md. */
  public static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("ARCHITECTURE.md"))) {
      folder = Objects.requireNonNull(folder.getParent(), "tests run inside the project");
    }
    return folder;
  }
}
