package dev.currywurst.train.source;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.weights.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers what is in archives, so that each is read through once and not at every start. An
 * archive is known by its path, size and time of change; should another one pass for it all the
 * same, the hashes of its pictures tell.
 */
final class ArchiveIndex {
  private static final Logger log = LoggerFactory.getLogger(ArchiveIndex.class);
  private static final int VERSION = 1;
  private static final Duration KEPT = Duration.ofDays(90);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  ArchiveIndex(Path cache) {
    this.folder = cache.resolve("indexes");
  }

  /** What is in an archive. */
  List<Listed> list(Archive archive) {
    Optional<Path> index = file(archive);
    List<Listed> known = index.map(ArchiveIndex::read).orElse(List.of());
    if (!known.isEmpty()) {
      return known;
    }
    log.info("Reading {} for the first time", archive.file());
    List<Listed> listed = archive.list();
    index.ifPresent(path -> write(path, listed));
    return listed;
  }

  private Optional<Path> file(Archive archive) {
    try {
      Path file = archive.file().toRealPath();
      String name =
          new Fingerprint()
              .add("version " + VERSION)
              .add(file.toString())
              .add(
                  Files.size(file) + " " + Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS))
              .add("changed " + changed(file))
              .add(archive.settings())
              .hex();
      return Optional.of(folder.resolve(name + ".json"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Whoever replaces an archive may keep its size and time, but where there is this one, not it.
   */
  private static String changed(Path file) throws IOException {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix")
        ? Files.getAttribute(file, "unix:ctime").toString()
        : "";
  }

  private static List<Listed> read(Path index) {
    if (!Files.isRegularFile(index)) {
      return List.of();
    }
    try {
      List<Listed> listed = JSON.readValue(index.toFile(), new TypeReference<>() {});
      Files.setLastModifiedTime(index, FileTime.from(Instant.now()));
      return listed;
    } catch (IOException | IllegalArgumentException e) {
      log.debug("The index {} is of no use", index, e);
      return List.of();
    }
  }

  /** Without an index the archive is read again, which costs time and nothing else. */
  private void write(Path index, List<Listed> listed) {
    try {
      Files.createDirectories(folder);
      byte[] bytes = JSON.writeValueAsBytes(listed);
      AtomicFile.write(index, bytes);
      clean();
    } catch (IOException | CurrywurstException e) {
      log.warn("The index of an archive cannot be kept: {}", e.getMessage());
    }
  }

  private void clean() throws IOException {
    Instant oldest = Instant.now().minus(KEPT);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
