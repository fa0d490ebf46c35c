package dev.currywurst.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Progress for people: one bar a task, moving in place. */
final class ProgressBars implements Progress {
  private static final int INTERVAL_MILLIS = 250;

  private final PrintWriter err;
  private final int columns;
  private @Nullable ProgressBar bar;
  private Line line = new Line();
  private String task = "";

  /** When the rest of the task should be done, in the clock of {@link System#nanoTime()}. */
  private volatile long expectedEnd;

  ProgressBars(PrintWriter err, int columns) {
    this.err = err;
    this.columns = columns;
  }

  @Override
  public void at(
      String newTask, long done, long total, Unit unit, Duration remaining, List<String> remarks) {
    expectedEnd = System.nanoTime() + remaining.toNanos();
    ProgressBar current = bar;
    if (current == null || !newTask.equals(task)) {
      close();
      task = newTask;
      current = begin(total, unit);
      bar = current;
    }
    current.stepTo(done);
    current.setExtraMessage(remarks.isEmpty() ? "" : " " + remarks.get(0));
    if (done >= total) {
      close();
    }
  }

  private ProgressBar begin(long total, Unit unit) {
    line = new Line();
    return new ProgressBarBuilder()
        .setTaskName(task)
        .setInitialMax(total)
        .setUnit(unit.text(), unit.size())
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(INTERVAL_MILLIS)
        .setEtaFunction(
            state -> Optional.of(Duration.ofNanos(Math.max(0, expectedEnd - System.nanoTime()))))
        .setConsumer(line)
        .build();
  }

  @Override
  public void say(String text) {
    makeRoom(() -> err.println(text));
  }

  @Override
  public void makeRoom(Runnable printing) {
    line.above(printing);
  }

  @Override
  public void close() {
    ProgressBar current = bar;
    bar = null;
    task = "";
    if (current != null) {
      current.close();
      line.close(); // The bar does so only if it lived long enough to be drawn twice.
    }
  }

  /** Writes the bar over itself, and a new line after its last state. */
  private final class Line implements ProgressBarConsumer {
    private boolean begun;
    private boolean ended;

    @Override
    public int getMaxRenderedLength() {
      return columns - 1;
    }

    @Override
    public synchronized void accept(String rendered) {
      begun = true;
      err.print('\r' + rendered);
      err.flush();
    }

    /** Prints where the bar is, which draws itself again below. */
    synchronized void above(Runnable printing) {
      if (begun && !ended) {
        err.print('\r' + " ".repeat(columns - 1) + '\r');
        err.flush();
      }
      printing.run();
    }

    @Override
    public synchronized void close() {
      if (!ended) {
        ended = true;
        err.println();
      }
    }
  }
}
