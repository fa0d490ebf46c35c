package dev.currywurst.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;

/** Progress for log files: a line when a task begins and ends, and now and then between. */
final class ProgressLines implements Progress {
  static final Duration CALM = Duration.ofSeconds(10);
  static final Duration NEVER = Duration.ofSeconds(Long.MAX_VALUE);

  private final PrintWriter err;
  private final Duration every;
  private String task = "";
  private long lastLine;

  /**
   * Progress in lines.
   *
   * @param every the least time between two lines of a task; {@link #NEVER} for none at all
   */
  ProgressLines(PrintWriter err, Duration every) {
    this.err = err;
    this.every = every;
  }

  @Override
  public void at(
      String newTask, long done, long total, Unit unit, Duration remaining, List<String> remarks) {
    if (every.equals(NEVER)) {
      return;
    }
    long now = System.nanoTime();
    boolean begins = !newTask.equals(task);
    if (!begins && done < total && now - lastLine < every.toNanos()) {
      return;
    }
    task = newTask;
    lastLine = now;
    err.println(
        "%s  %d/%d%s%s%s"
            .formatted(
                task,
                done / unit.size(),
                total / unit.size(),
                unit.text(),
                done < total ? "  " + Progress.clock(remaining) + " left" : "",
                remarks.isEmpty() ? "" : "  " + String.join(", ", remarks)));
  }

  @Override
  public void say(String line) {
    err.println(line);
  }

  @Override
  public void makeRoom(Runnable printing) {
    printing.run();
  }

  @Override
  public void close() {
    err.flush();
  }
}
