package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.Safetensors;
import dev.currywurst.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints of one run, whole and atomic: each is written beside, forced to the disk, and moved
 * into place with a manifest of its bytes. Reading takes the newest whose manifest holds; a broken
 * one is reported and left alone, and if all are broken that is an error, never a fresh start.
 */
public final class Checkpoints {
  private static final Logger log = LoggerFactory.getLogger(Checkpoints.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STATE = "state.safetensors";
  private static final String MANIFEST = "manifest.json";
  private static final int FORMAT = 1;

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
  public Checkpoints(Path folder, int kept, String fingerprint) {
    this.folder = folder;
    this.kept = Math.max(1, kept);
    this.fingerprint = fingerprint;
  }

  public Path folder() {
    return folder;
  }

  /** Writes a checkpoint and drops the oldest ones. */
  public Path save(long step, Map<String, Tensor> state) {
    Path target = folder.resolve("step-%08d".formatted(step));
    Path beside = folder.resolve(target.getFileName() + ".tmp-" + ProcessHandle.current().pid());
    try {
      Files.createDirectories(folder);
      delete(beside);
      Files.createDirectories(beside);
      Path file = beside.resolve(STATE);
      SafetensorsWriter.write(file, state);
      ObjectNode manifest =
          JSON.createObjectNode()
              .put("format", FORMAT)
              .put("step", step)
              .put("fingerprint", fingerprint)
              .put("bytes", Files.size(file))
              .put("sha256", sha256(file));
      Path manifestFile = beside.resolve(MANIFEST);
      Files.write(manifestFile, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
      force(manifestFile);
      forceFolder(beside);
      delete(target);
      Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
      forceFolder(folder);
    } catch (IOException e) {
      throw new CurrywurstException(
          "The checkpoint %s cannot be written (%s); free space or choose another --output."
              .formatted(target, e.getMessage()),
          e);
    }
    dropOld();
    return target;
  }

  /**
   * Fills {@code state} in place from the newest whole checkpoint.
   *
   * @return its step, or 0 if there is none
   * @throws CurrywurstException if there are only broken ones, or ones of another run
   */
  public long restore(Map<String, Tensor> state) {
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
    JsonNode manifest;
    Path file = checkpoint.resolve(STATE);
    try {
      manifest = JSON.readTree(Files.readAllBytes(checkpoint.resolve(MANIFEST)));
      if (Files.size(file) != manifest.path("bytes").asLong(-1)
          || !sha256(file).equals(manifest.path("sha256").asText())) {
        throw new BrokenCheckpoint("its bytes differ from its manifest");
      }
    } catch (IOException e) {
      throw new BrokenCheckpoint(String.valueOf(e.getMessage()));
    }
    if (manifest.path("format").asInt() > FORMAT) {
      throw new CurrywurstException(
          checkpoint + " was written by a newer Currywurst; update, or choose another --output.");
    }
    if (!manifest.path("fingerprint").asText().equals(fingerprint)) {
      throw new CurrywurstException(
          checkpoint
              + " belongs to a run with other settings or pictures; give the same ones, or choose another --output.");
    }
    Safetensors saved = Safetensors.open(file);
    if (!saved.names().equals(state.keySet())) {
      throw new CurrywurstException(
          checkpoint + " holds other weights than this network; choose another --output.");
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

  /** The newest first; half-written ones do not count. */
  private List<Path> found() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> path.getFileName().toString().matches("step-\\d{8,}"))
          .sorted(Comparator.comparing(Path::getFileName).reversed())
          .toList();
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  private void dropOld() {
    List<Path> found = found();
    for (Path old : found.subList(Math.min(kept, found.size()), found.size())) {
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

  private static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Makes names durable; Windows cannot open folders and does not need it. */
  private static void forceFolder(Path folder) throws IOException {
    if (!System.getProperty("os.name").startsWith("Windows")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
