package dev.currywurst.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;

/**
 * Tells how far a command is, on the error stream: as a moving bar on a terminal, in plain lines
 * elsewhere.
 */
sealed interface Progress extends AutoCloseable permits ProgressBars, ProgressLines {
  /** The system property with the terminal's width, which the launcher sets on a terminal only. */
  String COLUMNS = "currywurst.columns";

  /**
   * A part of the work went on.
   *
   * @param task such as {@code Stage C}; another name begins another count
   * @param done of {@code total}
   * @param unit what is counted
   * @param remaining time for the rest of the task
   * @param remarks words on the state, the most important first; a bar has room for one
   */
  void at(String task, long done, long total, Unit unit, Duration remaining, List<String> remarks);

  /** A whole line, which stays. */
  void say(String line);

  /** Makes room for whole lines on another stream that may show on the same terminal. */
  void makeRoom(Runnable printing);

  /** Ends the count: what was shown stays, and the next line begins at the left. */
  @Override
  void close();

  /** What is counted. */
  enum Unit {
    STEPS("", 1),
    MEGABYTES(" MB", 1_000_000);

    private final String text;
    private final long size;

    Unit(String text, long size) {
      this.text = text;
      this.size = size;
    }

    String text() {
      return text;
    }

    long size() {
      return size;
    }
  }

  /**
   * The one that suits the error stream.
   *
   * @param quiet to tell nothing but whole lines
   */
  static Progress on(PrintWriter err, boolean quiet) {
    Integer columns = Integer.getInteger(COLUMNS);
    return columns == null || quiet
        ? new ProgressLines(err, quiet ? ProgressLines.NEVER : ProgressLines.CALM)
        : new ProgressBars(err, columns);
  }

  /** Such as {@code 0:42} or {@code 1:02:03}. */
  static String clock(Duration duration) {
    long seconds = Math.round(duration.toMillis() / 1e3);
    return seconds < 3600
        ? "%d:%02d".formatted(seconds / 60, seconds % 60)
        : "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
