package dev.currywurst.bench;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Looks at live tensors and the process's memory at regular intervals of a long run. The first
 * quarter warms up: caches fill, the JVM compiles.
 */
final class MemoryWatch {
  private static final int LOOKS = 20;

  /** How much more memory the last quarter may take than the second one. */
  private static final double TOLERATED = 0.05;

  private record Look(long step, long tensors, long bytes) {}

  private final String what;
  private final long steps;
  private final List<Look> looks = new ArrayList<>();

  MemoryWatch(String what, long steps) {
    this.what = what;
    this.steps = steps;
  }

  /** Called after each step, counted from 1. */
  void done(long step) {
    if (step * LOOKS / steps > (step - 1) * LOOKS / steps) {
      // What the collector has not looked at yet is no growth.
      System.gc();
      Look look = new Look(step, Scope.liveTensors(), resident());
      looks.add(look);
      System.out.printf(
          "%s: step %d of %d, %d live tensors, %.1f MB%n",
          what, look.step(), steps, look.tensors(), look.bytes() / 1e6);
    }
  }

  /**
   * Ends the watch.
   *
   * @throws CurrywurstException if tensors or memory grew after the first quarter
   */
  void requireSteady() {
    if (looks.size() < LOOKS) {
      throw new CurrywurstException(
          "%s: %d steps are too few to see growth; give at least %d."
              .formatted(what, steps, LOOKS));
    }
    List<Look> early = looks.subList(LOOKS / 4, LOOKS / 2);
    List<Look> late = looks.subList(LOOKS * 3 / 4, LOOKS);
    long tensorsEarly = early.stream().mapToLong(Look::tensors).max().orElseThrow();
    long tensorsLate = late.stream().mapToLong(Look::tensors).min().orElseThrow();
    if (tensorsLate > tensorsEarly) {
      throw new CurrywurstException(
          "%s: live tensors grew from %d to %d.".formatted(what, tensorsEarly, tensorsLate));
    }
    double bytesEarly = early.stream().mapToLong(Look::bytes).average().orElseThrow();
    double bytesLate = late.stream().mapToLong(Look::bytes).average().orElseThrow();
    if (bytesLate > bytesEarly * (1 + TOLERATED)) {
      throw new CurrywurstException(
          "%s: memory grew from %.1f to %.1f MB."
              .formatted(what, bytesEarly / 1e6, bytesLate / 1e6));
    }
  }

  /** The memory of this process that is in use: 0 where the system does not tell. */
  private static long resident() {
    return status("VmRSS").orElse(0);
  }

  /** A line of Linux's {@code /proc/self/status} that counts memory, in bytes. */
  static OptionalLong status(String name) {
    Path file = Path.of("/proc/self/status");
    if (!Files.isReadable(file)) {
      return OptionalLong.empty();
    }
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> line.startsWith(name + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
