package dev.currywurst.cli;

import dev.currywurst.tensor.Engine;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many threads compute. */
final class ThreadsOption {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Processor threads; by default one for each core.")
  private @Nullable Integer threads;

  /** Sets them, for the whole program. */
  void apply() {
    if (threads != null) {
      Engine.setThreads(threads);
    }
  }
}
