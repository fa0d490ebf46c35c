package dev.currywurst.pocket;

import dev.currywurst.hub.UserCache;
import dev.currywurst.pipeline.BundledModel;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.AtomicFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * The bundled model. Weights are mapped from files, so the model is copied out of the jar once,
 * into a cache folder that is named after its content.
 */
public final class PocketModel implements BundledModel {
  public static final String NAME = "pocket";

  /** Lines of size, SHA-256 and path; its own hash names the copy. */
  private static final String LIST = "files.txt";

  private final Path cache;

  /** With the copy in the user's cache folder. */
  public PocketModel() {
    this(UserCache.folder());
  }

  PocketModel(Path cache) {
    this.cache = cache;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Path folder() {
    List<Entry> entries = entries();
    String version = Integer.toHexString(entries.hashCode());
    Path target = cache.resolve(NAME + "-" + version);
    if (!isWhole(target, entries)) {
      copy(entries, target);
    }
    return target;
  }

  /** The folder of the small CLIP that was trained on the same drawings. */
  public Path clip() {
    return ModelFolder.open(folder()).clip().orElseThrow();
  }

  private record Entry(long size, String sha256, String path) {}

  private static List<Entry> entries() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(open(LIST), StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .map(line -> line.split(" ", 3))
          .map(words -> new Entry(Long.parseLong(words[0]), words[1], words[2]))
          .toList();
    } catch (IOException e) {
      throw new CurrywurstException("The bundled model cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private static InputStream open(String path) {
    return Objects.requireNonNull(
        PocketModel.class.getResourceAsStream("model/" + path), "the bundled " + path);
  }

  /** Sizes are enough: the copy appears as a whole or not at all. */
  private static boolean isWhole(Path folder, List<Entry> entries) {
    for (Entry entry : entries) {
      try {
        if (Files.size(folder.resolve(entry.path())) != entry.size()) {
          return false;
        }
      } catch (IOException e) {
        return false;
      }
    }
    return true;
  }

  private void copy(List<Entry> entries, Path target) {
    try {
      AtomicFolder.delete(target); // Somebody took files away.
      AtomicFolder.write(target, folder -> copyInto(folder, entries));
    } catch (IOException e) {
      if (isWhole(target, entries)) {
        return; // Another process was faster.
      }
      throw new CurrywurstException(
          "The bundled model cannot be copied to %s (%s); free space there, or set CURRYWURST_CACHE to another folder."
              .formatted(cache, e.getMessage()),
          e);
    }
  }

  private static void copyInto(Path folder, List<Entry> entries) throws IOException {
    for (Entry entry : entries) {
      Path file = folder.resolve(entry.path());
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      try (InputStream content = open(entry.path())) {
        Files.copy(content, file);
      }
    }
  }
}
