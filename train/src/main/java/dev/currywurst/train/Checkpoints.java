package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.CheckpointManifest.BrokenCheckpoint;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.weights.Safetensors;
import dev.currywurst.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Checkpoints of one run, whole and atomic: each is written beside, forced to the disk, and moved
 * into place with a manifest of its bytes. Reading takes the newest whose manifest holds; a broken
 * one is told and left alone, and if all are broken that is an error, never a fresh start.
 *
 * <p>A checkpoint is a folder {@code step-00001200} with {@code state.safetensors} and {@code
 * manifest.json}. One process at a time: {@link RunFolder} sees to that.
 */
final class Checkpoints {
  private static final String STATE = "state.safetensors";
  private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");
  private static final String BESIDE = ".tmp";
  private static final String ASIDE = ".later";

  private final Disk disk;
  private final Path folder;
  private final int kept;
  private final String fingerprint;
  private final Consumer<String> notices;

  /** Steps of those that were found broken. */
  private final Set<Long> broken = new HashSet<>();

  /** The step of the newest that was written or read back here, so is known to be whole. */
  private long whole = -1;

  /**
   * Checkpoints in a folder.
   *
   * @param folder made if it is missing
   * @param kept how many of the newest stay
   * @param fingerprint of the settings and data: a checkpoint of other ones is refused
   * @param notices hears what the user should know
   */
  Checkpoints(Disk disk, Path folder, int kept, String fingerprint, Consumer<String> notices) {
    this.disk = disk;
    this.folder = folder;
    this.kept = Math.max(1, kept);
    this.fingerprint = fingerprint;
    this.notices = notices;
  }

  /**
   * Writes a checkpoint and drops the oldest ones; where the disk has no room beside all that are
   * kept, those first that came before the newest whole one.
   *
   * @param state by name
   * @return its folder
   * @throws CurrywurstException if it cannot be written; those before it are still there
   */
  Path save(long step, Map<String, Tensor> state) {
    Path target = folder.resolve(name(step));
    Path beside = folder.resolve(name(step) + BESIDE);
    try {
      disk.createFolder(folder);
      disk.force(Objects.requireNonNull(folder.toAbsolutePath().getParent()));
      dropHalfWritten();
      requireSpace(state);
      disk.createFolder(beside);
      Path file = beside.resolve(STATE);
      disk.write(file, SafetensorsWriter.content(file, state));
      disk.force(file);
      Path manifest = beside.resolve(CheckpointManifest.NAME);
      disk.write(manifest, CheckpointManifest.of(step, fingerprint, file).content());
      disk.force(manifest);
      disk.force(beside);
      // Only a broken one can be in the way: what a whole one holds would not be computed again.
      disk.deleteAll(target);
      disk.move(beside, target);
      disk.force(folder);
    } catch (IOException e) {
      abandon(beside);
      throw new CurrywurstException(
          "The checkpoint %s cannot be written (%s); free space or choose another --output."
              .formatted(target, e.getMessage()),
          e);
    }
    broken.remove(step);
    whole = step;
    dropBefore(step);
    return target;
  }

  /** Bytes that a checkpoint of this state takes. */
  static long bytes(Map<String, Tensor> state) {
    return state.values().stream().mapToLong(t -> t.elements() * t.dtype().bytes()).sum();
  }

  private static String name(long step) {
    return "step-%08d".formatted(step);
  }

  /** Half a checkpoint on a full disk would only keep the next one from fitting. */
  private void abandon(Path beside) {
    try {
      disk.deleteAll(beside);
    } catch (IOException e) {
      // The next checkpoint tries again.
    }
  }

  private void dropHalfWritten() throws IOException {
    for (Path entry : disk.list(folder)) {
      if (String.valueOf(entry.getFileName()).endsWith(BESIDE)) {
        disk.deleteAll(entry);
      }
    }
  }

  /** Tells before anything is written: a disk that fills up hurts more than this run. */
  private void requireSpace(Map<String, Tensor> state) throws IOException {
    long bytes = bytes(state);
    long needed = bytes + bytes / 5;
    long free = disk.free(folder);
    if (free < needed) {
      free = makeRoom(free, needed);
    }
    if (free < needed) {
      throw new IOException(
          "it takes %,d MB and the disk has %,d MB left"
              .formatted(Math.max(1, bytes >> 20), free >> 20));
    }
  }

  /** Drops what came before the newest whole one, the oldest first, if that is enough. */
  private long makeRoom(long free, long needed) throws IOException {
    List<Path> spare =
        found().stream()
            .filter(checkpoint -> step(checkpoint) < whole)
            .sorted(Comparator.comparingLong(Checkpoints::step))
            .toList();
    long possible = free;
    for (Path checkpoint : spare) {
      for (Path file : disk.list(checkpoint)) {
        possible += Files.size(file);
      }
    }
    long now = free;
    for (int i = 0; possible >= needed && now < needed && i < spare.size(); i++) {
      disk.deleteAll(spare.get(i));
      notices.accept(
          "The disk has no room for another checkpoint, so %s makes way.".formatted(spare.get(i)));
      now = disk.free(folder);
    }
    return now;
  }

  /**
   * Fills {@code state} in place from the newest whole checkpoint; numbers of skipped steps that it
   * lacks stay as they are.
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
        broken.add(step(checkpoint));
        notices.accept(
            "The checkpoint %s is broken (%s); the one before it is used."
                .formatted(checkpoint, e.getMessage()));
      }
    }
    if (!found.isEmpty()) {
      throw new CurrywurstException(
          "None of the %d checkpoints in %s is whole; restore one from a backup, or choose another --output to start afresh."
              .formatted(found.size(), folder));
    }
    return 0;
  }

  /**
   * Fills {@code state} in place from the checkpoint of a step, and sets later ones aside: they
   * would be the newest at the next start.
   *
   * @throws CurrywurstException if there is none, or it is broken or another run's
   */
  long restoreStep(long step, Map<String, Tensor> state) {
    List<Path> found = found();
    Path wanted =
        found.stream()
            .filter(checkpoint -> step(checkpoint) == step)
            .findFirst()
            .orElseThrow(() -> noSuch(step, found));
    long restored = restoreOnly(wanted, state);
    List<Path> later = found.stream().filter(checkpoint -> step(checkpoint) > step).toList();
    try {
      for (Path checkpoint : later) { // The newest first: whatever is left is in order.
        Path aside = folder.resolve(checkpoint.getFileName() + ASIDE);
        disk.deleteAll(aside);
        disk.move(checkpoint, aside);
      }
      disk.force(folder);
    } catch (IOException e) {
      throw new CurrywurstException(
          "Later checkpoints than step %d cannot be set aside in %s (%s)."
              .formatted(step, folder, e.getMessage()),
          e);
    }
    if (!later.isEmpty()) {
      notices.accept(
          "Going back to step %d; later checkpoints are kept as %s."
              .formatted(
                  step,
                  later.stream()
                      .map(checkpoint -> checkpoint.getFileName() + ASIDE)
                      .collect(Collectors.joining(", "))));
    }
    return restored;
  }

  private CurrywurstException noSuch(long step, List<Path> found) {
    return new CurrywurstException(
        "There is no checkpoint of step %d in %s; there %s."
            .formatted(
                step,
                folder,
                found.isEmpty()
                    ? "is none"
                    : "are those of "
                        + found.stream()
                            .map(checkpoint -> "step " + step(checkpoint))
                            .collect(Collectors.joining(", "))));
  }

  /**
   * Fills {@code state} in place from a checkpoint that may lie elsewhere.
   *
   * @throws CurrywurstException if it is broken or another run's
   */
  long restoreOnly(Path checkpoint, Map<String, Tensor> state) {
    try {
      return restore(checkpoint, state);
    } catch (BrokenCheckpoint e) {
      throw new CurrywurstException(
          "The checkpoint %s is broken (%s); choose another one."
              .formatted(checkpoint, e.getMessage()),
          e);
    }
  }

  /** How many there are, whole or broken. */
  int count() {
    return found().size();
  }

  private long restore(Path checkpoint, Map<String, Tensor> state) throws BrokenCheckpoint {
    CheckpointManifest manifest = CheckpointManifest.read(checkpoint, STATE);
    if (step(checkpoint) >= 0 && manifest.step() != step(checkpoint)) {
      throw new BrokenCheckpoint("its manifest tells another step");
    }
    if (!manifest.fingerprint().equals(fingerprint)) {
      throw new CurrywurstException(
          checkpoint
              + " belongs to a run with other settings or pictures; give the same ones, or choose"
              + " another --output.");
    }
    Safetensors saved = Safetensors.open(checkpoint.resolve(STATE));
    Map<String, Tensor> wanted = new LinkedHashMap<>(state);
    wanted
        .keySet()
        .removeIf(name -> name.endsWith(Learner.SKIPPED) && !saved.names().contains(name));
    if (!saved.names().equals(wanted.keySet())) {
      throw foreign(checkpoint);
    }
    for (Map.Entry<String, Tensor> entry : wanted.entrySet()) {
      if (!Arrays.equals(saved.entry(entry.getKey()).dims(), entry.getValue().shape())) {
        throw foreign(checkpoint);
      }
    }
    Grad.off(
        () -> {
          for (Map.Entry<String, Tensor> entry : wanted.entrySet()) {
            try (Scope scope = Scope.open()) {
              entry.getValue().copyInPlace(saved.tensor(entry.getKey()));
            }
          }
        });
    // Also of one that lies elsewhere: then there is none here that could be dropped.
    whole = manifest.step();
    broken.remove(whole);
    return whole;
  }

  private static CurrywurstException foreign(Path checkpoint) {
    return new CurrywurstException(
        checkpoint + " holds other weights than this network; choose another --output.");
  }

  /** The newest first; half-written ones do not count. */
  private List<Path> found() {
    try {
      return disk.list(folder).stream()
          .filter(path -> step(path) >= 0)
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

  /**
   * Keeps the newest up to {@code step}; later ones are broken and no reason to drop this one, and
   * neither are broken ones in between.
   */
  private void dropBefore(long step) {
    try {
      int keeps = 0;
      for (Path checkpoint : found()) {
        long its = step(checkpoint);
        if (its <= step && keeps >= kept) {
          disk.deleteAll(checkpoint);
        } else if (its <= step && !broken.contains(its)) {
          keeps++;
        }
      }
    } catch (IOException | CurrywurstException e) {
      notices.accept(
          "Old checkpoints in %s cannot be removed (%s).".formatted(folder, e.getMessage()));
    }
  }
}
