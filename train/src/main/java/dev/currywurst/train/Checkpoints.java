package dev.currywurst.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.Safetensors;
import dev.currywurst.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints of one run, whole and atomic: each is written beside, forced to the disk, and moved
 * into place with a manifest of its bytes. Reading takes the newest whose manifest holds; a broken
 * one is reported and left alone, and if all are broken that is an error, never a fresh start.
 *
 * <p>A checkpoint is a folder {@code step-00001200} with {@code state.safetensors} and {@code
 * manifest.json}. One process at a time: {@link RunFolder} sees to that.
 */
final class Checkpoints {
  private static final Logger log = LoggerFactory.getLogger(Checkpoints.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STATE = "state.safetensors";
  private static final String MANIFEST = "manifest.json";
  private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");
  private static final int FORMAT = 2;

  private final Path folder;
  private final int kept;
  private final String fingerprint;

  /**
   * Checkpoints in a folder.
   *
   * @param folder made if it is missing
   * @param kept how many of the newest stay
   * @param fingerprint of the settings and data: a checkpoint of other ones is refused
   */
  Checkpoints(Path folder, int kept, String fingerprint) {
    this.folder = folder;
    this.kept = Math.max(1, kept);
    this.fingerprint = fingerprint;
  }

  Path folder() {
    return folder;
  }

  /**
   * Writes a checkpoint and drops the oldest ones.
   *
   * @param state by name
   * @return its folder
   * @throws CurrywurstException if it cannot be written; those before it are still there
   */
  Path save(long step, Map<String, Tensor> state) {
    Path target = folder.resolve("step-%08d".formatted(step));
    Path beside = folder.resolve(target.getFileName() + ".tmp");
    try {
      delete(beside);
      Files.createDirectories(beside);
      requireSpace(state);
      Path file = beside.resolve(STATE);
      SafetensorsWriter.write(file, state);
      ConfigFile.write(
          beside.resolve(MANIFEST),
          ConfigFile.newObject()
              .put("format", FORMAT)
              .put("step", step)
              .put("fingerprint", fingerprint)
              .put("bytes", Files.size(file))
              .put("sha256", Fingerprint.ofFile(file)));
      // Only a broken one can be in the way: what a whole one holds would not be computed again.
      delete(target);
      Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
      forceFolder();
    } catch (IOException e) {
      throw new CurrywurstException(
          "The checkpoint %s cannot be written (%s); free space or choose another --output."
              .formatted(target, e.getMessage()),
          e);
    }
    dropBefore(step);
    return target;
  }

  /** Tells before anything is written: a disk that fills up hurts more than this run. */
  private void requireSpace(Map<String, Tensor> state) throws IOException {
    long bytes = state.values().stream().mapToLong(t -> t.elements() * t.dtype().bytes()).sum();
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < bytes + bytes / 5) {
      throw new IOException(
          "it takes %d MB and the disk has %d MB left".formatted(bytes >> 20, free >> 20));
    }
  }

  /**
   * Fills {@code state} in place from the newest whole checkpoint.
   *
   * @return its step, or 0 if there is none
   * @throws CurrywurstException if there are only broken ones, or ones of another run
   */
  long restore(Map<String, Tensor> state) {
    List<Path> found = found();
    for (Path checkpoint : found) {
      try {
        return restore(checkpoint, state);
      } catch (BrokenCheckpoint e) {
        log.warn("{} is broken ({}); the one before it is used.", checkpoint, e.getMessage());
      }
    }
    if (!found.isEmpty()) {
      throw new CurrywurstException(
          "None of the %d checkpoints in %s is whole; restore one from a backup, or choose another --output to start afresh."
              .formatted(found.size(), folder));
    }
    return 0;
  }

  private static final class BrokenCheckpoint extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenCheckpoint(String message) {
      super(message);
    }
  }

  private long restore(Path checkpoint, Map<String, Tensor> state) throws BrokenCheckpoint {
    JsonNode manifest = manifest(checkpoint);
    if (!manifest.path("fingerprint").asText().equals(fingerprint)) {
      throw new CurrywurstException(
          checkpoint
              + " belongs to a run with other settings or pictures; give the same ones, or choose another --output.");
    }
    Safetensors saved = Safetensors.open(checkpoint.resolve(STATE));
    if (!saved.names().equals(state.keySet())) {
      throw foreign(checkpoint);
    }
    for (Map.Entry<String, Tensor> entry : state.entrySet()) {
      if (!Arrays.equals(saved.entry(entry.getKey()).dims(), entry.getValue().shape())) {
        throw foreign(checkpoint);
      }
    }
    Grad.off(
        () -> {
          for (Map.Entry<String, Tensor> entry : state.entrySet()) {
            try (Scope scope = Scope.open()) {
              entry.getValue().copyInPlace(saved.tensor(entry.getKey()));
            }
          }
        });
    return manifest.path("step").asLong();
  }

  private static CurrywurstException foreign(Path checkpoint) {
    return new CurrywurstException(
        checkpoint + " holds other weights than this network; choose another --output.");
  }

  /** The manifest of a checkpoint whose bytes are as it says. */
  private static JsonNode manifest(Path checkpoint) throws BrokenCheckpoint {
    Path file = checkpoint.resolve(STATE);
    try {
      JsonNode manifest = JSON.readTree(Files.readAllBytes(checkpoint.resolve(MANIFEST)));
      int format = manifest.path("format").asInt();
      if (format > FORMAT) {
        throw new CurrywurstException(
            checkpoint + " was written by a newer Currywurst; update, or choose another --output.");
      }
      if (manifest.path("step").asLong(-1) != step(checkpoint)) {
        throw new BrokenCheckpoint("its manifest tells another step");
      }
      if (Files.size(file) != manifest.path("bytes").asLong(-1)
          || !Fingerprint.ofFile(file).equals(manifest.path("sha256").asText())) {
        throw new BrokenCheckpoint("its bytes differ from its manifest");
      }
      if (format < FORMAT) {
        throw new CurrywurstException(
            checkpoint + " was written by an older Currywurst; choose another --output.");
      }
      return manifest;
    } catch (JsonProcessingException e) {
      throw new BrokenCheckpoint("its manifest is no JSON");
    } catch (NoSuchFileException e) {
      throw new BrokenCheckpoint(e.getFile() + " is missing");
    } catch (IOException e) {
      throw new BrokenCheckpoint(String.valueOf(e.getMessage()));
    }
  }

  /** The newest first; half-written ones do not count. */
  private List<Path> found() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> NAME.matcher(String.valueOf(path.getFileName())).matches())
          .sorted(Comparator.comparingLong(Checkpoints::step).reversed())
          .toList();
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private static long step(Path checkpoint) {
    Matcher name = NAME.matcher(String.valueOf(checkpoint.getFileName()));
    return name.matches() ? Long.parseLong(name.group(1)) : -1;
  }

  /** Keeps the newest up to {@code step}; later ones are broken and no reason to drop this one. */
  private void dropBefore(long step) {
    List<Path> done = found().stream().filter(path -> step(path) <= step).toList();
    for (Path old : done.subList(Math.min(kept, done.size()), done.size())) {
      try {
        delete(old);
      } catch (IOException e) {
        log.warn("The old checkpoint {} cannot be removed: {}", old, e.getMessage());
      }
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Makes the move durable; Windows cannot open folders and does not need it. */
  private void forceFolder() throws IOException {
    if (!System.getProperty("os.name").startsWith("Windows")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
