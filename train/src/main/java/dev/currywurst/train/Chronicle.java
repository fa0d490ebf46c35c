package dev.currywurst.train;

import dev.currywurst.image.Png;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.report.History;
import dev.currywurst.train.report.LossPicture;
import dev.currywurst.train.report.Pace;
import dev.currywurst.train.report.RunPage;
import dev.currywurst.train.stage.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that tells what a training does: the log, TensorBoard's events, samples, the page, and the
 * user's listener. No weight depends on it, so what cannot be written is told once and left out: a
 * full disk may have room again.
 */
final class Chronicle implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Chronicle.class);
  private static final Duration PAGE_EVERY = Duration.ofSeconds(30);

  /** Steps of a process; the first ones are slower than the others. */
  private static final int ESTIMATED_AFTER = 10;

  private final RunFolder folder;
  private final TrainingSettings settings;
  private final TrainingListener listener;
  private final RunLog lines;
  private final History history;
  private final Provenance provenance;
  private final Pace pace = new Pace();
  private final PageSources pictures;
  private final Set<String> failed = new HashSet<>();
  private final @Nullable Events events;
  private int steps;
  private long pageWritten = System.nanoTime();

  /**
   * Goes on with what was told up to a step.
   *
   * @param history empty; it is read back from the log
   */
  Chronicle(
      RunFolder folder,
      TrainingSettings settings,
      long step,
      History history,
      Provenance provenance,
      TrainingListener listener) {
    this.folder = folder;
    this.settings = settings;
    this.history = history;
    this.provenance = provenance;
    this.listener = listener;
    this.pictures = new PageSources(folder);
    this.lines = RunLog.open(folder.log(), step, history::told);
    if (step == 0 && lines.dropped()) {
      listener.noticed("The run ended before its first checkpoint; it begins again.");
    }
    this.events = begun(step);
    writePage("Training.", true);
    pace.paused();
  }

  private @Nullable Events begun(long step) {
    try {
      return Events.begin(folder.events(), step, folder.description().decisive());
    } catch (IOException e) {
      tell("TensorBoard's events", e);
      return null;
    }
  }

  /** A step was done. */
  void learned(long step, Stage.Learned learned, double rate) {
    pace.stepped();
    history.learned(step, learned, rate);
    lines.learned(step, learned, rate);
    tellEvents(file -> file.learned(step, learned, rate, history, pace));
    listener.learned(step, learned, rate);
    estimate(step);
    if (System.nanoTime() - pageWritten > PAGE_EVERY.toNanos()) {
      writePage("Training.", true);
    }
  }

  /** How long it will take, once a few steps have shown it: early enough to end the run again. */
  private void estimate(long step) {
    if (++steps == ESTIMATED_AFTER && settings.steps() - step > ESTIMATED_AFTER) {
      TimeEstimate time = new TimeEstimate(1 / pace.stepsPerSecond(), settings.steps() - step);
      listener.noticed(
          time.sentence()
              + " Evaluations are not in it. "
              + settings.power().over(time.seconds()).sentence());
    }
  }

  /** Held-out pictures were judged. */
  void evaluated(long step, Map<String, Double> figures) {
    history.evaluated(step, figures);
    lines.evaluated(step, figures);
    tellEvents(file -> file.evaluated(step, figures));
    listener.evaluated(step, figures);
    pace.paused();
  }

  /** Prompts were painted. */
  void sampled(long step, List<Stage.Sample> samples) {
    Path sheet = SampleSheet.write(folder.samples(), step, samples);
    tellEvents(file -> file.sampled(step, samples));
    listener.sampled(step, sheet);
    pace.paused();
  }

  /** A checkpoint will be written: nothing that was told up to it will be told again. */
  void saving() {
    lines.force();
    tellEvents(Events::force);
  }

  /** A checkpoint was written. */
  void saved(long step, Path checkpoint) {
    reached(step);
    listener.saved(step, checkpoint);
    writePage("Training.", true);
    pace.paused();
  }

  /**
   * A checkpoint stands for all up to a step; what comes after it has taken time and energy too.
   */
  void reached(long step) {
    attempt("The run's provenance", () -> provenance.reached(step, history.skipped().size()));
  }

  /** Something that the user should read. */
  void noticed(String sentence) {
    listener.noticed(sentence);
  }

  /** The training ended. */
  void ended(String state) {
    writePage(state, false);
  }

  private interface Telling {
    void tell(Events file) throws IOException;
  }

  private void tellEvents(Telling telling) {
    if (events != null) {
      try {
        telling.tell(events);
      } catch (IOException e) {
        tell("TensorBoard's events", e);
      }
    }
  }

  private void writePage(String state, boolean running) {
    pageWritten = System.nanoTime();
    attempt("The run's page", () -> draw(state, running));
  }

  private void attempt(String what, Runnable writing) {
    try {
      writing.run();
    } catch (CurrywurstException e) {
      tell(what, e);
    }
  }

  private void draw(String state, boolean running) {
    new RunPage(
            folder.title(),
            state,
            running,
            settings.steps(),
            settings.samplesPerStep(),
            history,
            pace,
            pictures.newest(),
            provenance.json())
        .write(folder.page());
    if (!history.loss().isEmpty()) {
      Png.write(LossPicture.of(history, settings.steps()), folder.lossPicture());
    }
  }

  private void tell(String what, Exception e) {
    log.debug("{} failed", what, e);
    if (failed.add(what)) {
      listener.noticed(
          "%s cannot be written (%s); the training goes on without."
              .formatted(what, e.getMessage()));
    }
  }

  @Override
  public void close() {
    lines.close();
    tellEvents(Events::close);
  }
}
