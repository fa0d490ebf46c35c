package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The output folder of a run, locked while it is open: two runs can't share one, and a run can't go
 * on in another one's.
 *
 * <ul>
 *   <li>{@code run.json}: {@link RunDescription}, and the checkpoint elsewhere that it began from
 *   <li>{@code provenance.json}: {@link Provenance}
 *   <li>{@code log.jsonl}: {@link RunLog}
 *   <li>{@code checkpoints/}: {@link Checkpoints}
 *   <li>{@code kept/}: outputs of frozen encoders
 *   <li>{@code logs/}: {@link Events}, for TensorBoard
 *   <li>{@code evaluation/}: what became of held-out pictures
 *   <li>{@code samples/}: what became of the validation's prompts
 *   <li>{@code index.html} and {@code loss.png}: the run at a glance
 *   <li>{@code class/}: {@link ClassPictures}
 *   <li>{@code model/}: the result
 *   <li>{@code model-live/}, {@code lora/} and such: other forms of it
 * </ul>
 */
final class RunFolder implements AutoCloseable {
  static final String PROVENANCE = "provenance.json";
  private static final Logger log = LoggerFactory.getLogger(RunFolder.class);
  private static final String DESCRIPTION = "run.json";
  private static final String BEGAN_FROM = "began_from";
  private static final String CHECKPOINTS = "checkpoints";

  private final Path folder;
  private final Disk disk;
  private final FileChannel lockFile;
  private @Nullable RunDescription description;
  private boolean fresh;

  private RunFolder(Path folder, Disk disk, FileChannel lockFile) {
    this.folder = folder;
    this.disk = disk;
    this.lockFile = lockFile;
  }

  /**
   * Opens and locks a folder, which is made if it is missing.
   *
   * @param disk for the checkpoints
   * @throws CurrywurstException if another process has it open or it cannot be written
   */
  static RunFolder open(Path folder, Disk disk) {
    try {
      Files.createDirectories(folder);
      // The lock goes with the process, also when that is killed; the file stays.
      FileChannel channel =
          FileChannel.open(
              folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (isLocked(channel)) {
        return new RunFolder(folder, disk, channel);
      }
      channel.close();
    } catch (IOException e) {
      throw new CurrywurstException(
          "%s cannot be written (%s); choose another --output.".formatted(folder, e.getMessage()),
          e);
    }
    throw new CurrywurstException(
        folder
            + " is used by another training that still runs; wait for it, or choose another"
            + " --output.");
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // by this very process
    }
  }

  /**
   * Checks that the folder is nobody's or the run's own.
   *
   * @throws CurrywurstException if it belongs to another run; the message names what differs
   */
  void requireFreeFor(RunDescription run) {
    Path file = folder.resolve(DESCRIPTION);
    if (Files.exists(file)) {
      List<String> differences = run.differences(read(file));
      if (!differences.isEmpty()) {
        throw new CurrywurstException(
            "%s belongs to another run: %s; give the same settings, pictures and model, or choose another --output."
                .formatted(folder, String.join(", ", differences)));
      }
    } else if (Files.exists(folder.resolve(CHECKPOINTS))) {
      throw new CurrywurstException(
          "%s has checkpoints but no %s to tell whose they are; choose another --output."
              .formatted(folder, DESCRIPTION));
    }
  }

  /**
   * Makes the folder the run's own, or finds that it is already.
   *
   * @param resume where it begins, if it has no checkpoint here yet
   * @throws CurrywurstException as {@link #requireFreeFor}
   */
  void claim(RunDescription run, Resume resume) {
    requireFreeFor(run);
    if (!hasCheckpoints()) {
      Path file = folder.resolve(DESCRIPTION);
      fresh = !Files.exists(file);
      ObjectNode json = run.toJson();
      if (resume instanceof Resume.From from) {
        json.put(BEGAN_FROM, whole(from));
      }
      ConfigFile.write(file, json);
    }
    description = run;
  }

  /** Whether the run here began from that checkpoint, which lies elsewhere. */
  private boolean beganFrom(Resume.From from) {
    Path file = folder.resolve(DESCRIPTION);
    return Files.exists(file) && read(file).path(BEGAN_FROM).asText().equals(whole(from));
  }

  private static String whole(Resume.From from) {
    return from.checkpoint().toAbsolutePath().normalize().toString();
  }

  /** Makes the folder nobody's again if it became this run's just now: the run never began. */
  void giveBack() {
    if (fresh) {
      try {
        Files.deleteIfExists(folder.resolve(DESCRIPTION));
      } catch (IOException e) {
        log.debug("{} stays claimed.", folder, e);
      }
    }
  }

  /** A JSON file that a run or its class pictures left. */
  static JsonNode read(Path file) {
    try {
      return new ObjectMapper().readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new CurrywurstException(
          file + " is damaged; restore it from a backup, or choose another --output.", e);
    }
  }

  /**
   * The checkpoints of the run that claimed this folder.
   *
   * @param kept how many of them stay
   * @param notices hears what the user should know
   */
  Checkpoints checkpoints(int kept, Consumer<String> notices) {
    return new Checkpoints(
        disk, folder.resolve(CHECKPOINTS), kept, description().fingerprint(), notices);
  }

  /**
   * Checks that a run goes on where it is asked to, before the folder is claimed.
   *
   * @throws CurrywurstException if there is nothing to go on from, or too much
   */
  void check(Resume resume) {
    boolean begun = hasCheckpoints();
    if (resume instanceof Resume.From from) {
      if (begun && beganFrom(from)) {
        return; // The same command once more.
      }
      if (begun) {
        throw new CurrywurstException(
            "%s has checkpoints of its own; give one of those, or another --output to go on from %s."
                .formatted(folder, from.checkpoint()));
      }
      if (!Files.isDirectory(from.checkpoint())) {
        throw new CurrywurstException(
            "There is no checkpoint "
                + from.checkpoint()
                + "; give its folder, a step, or latest.");
      }
    } else if (resume instanceof Resume.IfBegun) {
      if (!begun) {
        requireNothingLost();
      }
    } else if (!begun) {
      throw new CurrywurstException(
          "There is no checkpoint to resume from in %s; leave --resume out to begin."
              .formatted(folder.resolve(CHECKPOINTS)));
    }
  }

  /** Without its checkpoints a run would begin anew, and write over what it has made. */
  private void requireNothingLost() {
    long reached = Provenance.reached(provenance());
    if (reached > 0 || Files.exists(model())) {
      throw new CurrywurstException(
          "%s holds a run that %s, but its checkpoints are gone; restore %s from a backup, or choose another --output."
              .formatted(
                  folder,
                  reached > 0 ? "was trained to step " + reached : "has made a model",
                  folder.resolve(CHECKPOINTS)));
    }
  }

  private boolean hasCheckpoints() {
    try {
      return disk.list(folder.resolve(CHECKPOINTS)).stream()
          .anyMatch(entry -> String.valueOf(entry.getFileName()).matches("step-\\d+"));
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** The run that claimed this folder. */
  RunDescription description() {
    RunDescription run = description;
    if (run == null) {
      throw new IllegalStateException("no run has claimed " + folder);
    }
    return run;
  }

  /** What the run is called: its stage and its folder. */
  String title() {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return description().decisive().path("stage").asText() + ", " + (name == null ? "/" : name);
  }

  Path log() {
    return folder.resolve("log.jsonl");
  }

  /** Where a run with this output keeps outputs of frozen encoders. */
  static Path kept(Path output) {
    return output.resolve("kept");
  }

  Path provenance() {
    return folder.resolve(PROVENANCE);
  }

  Path events() {
    return folder.resolve("logs");
  }

  Path samples() {
    return folder.resolve("samples");
  }

  Path page() {
    return folder.resolve("index.html");
  }

  Path lossPicture() {
    return folder.resolve("loss.png");
  }

  Path evaluations() {
    return folder.resolve("evaluation");
  }

  Path model() {
    return folder.resolve("model");
  }

  /** Where another form of the result lies, such as {@code model-live/}; made if it is missing. */
  Path variant(String name) {
    try {
      return Files.createDirectories(folder.resolve(name));
    } catch (IOException e) {
      throw new CurrywurstException(
          "%s cannot be written (%s); choose another --output.".formatted(folder, e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be let go: " + e.getMessage() + ".", e);
    }
  }
}
