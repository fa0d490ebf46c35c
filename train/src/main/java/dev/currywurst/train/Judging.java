package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.EngineException;
import dev.currywurst.train.report.History;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.Stopping;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evaluations on held-out pictures, and paintings of the validation's prompts. No weight depends on
 * them, so a full disk or memory costs their pictures and not the training.
 */
final class Judging {
  private static final Logger log = LoggerFactory.getLogger(Judging.class);

  private final Stage stage;
  private final boolean hasHeldOut;
  private final TrainingSettings settings;
  private final RunFolder folder;

  /**
   * Judges a stage.
   *
   * @param hasHeldOut whether there are pictures to judge it by
   */
  Judging(Stage stage, boolean hasHeldOut, TrainingSettings settings, RunFolder folder) {
    this.stage = stage;
    this.hasHeldOut = hasHeldOut;
    this.settings = settings;
    this.folder = folder;
  }

  /** Whether it is time, after so many steps. */
  boolean isDue(long step) {
    long every = settings.evaluateEvery();
    return step == 0 || step == settings.steps() || (every > 0 && step % every == 0);
  }

  /** Whether a run that goes on from a step has left it out there, or was killed in it. */
  boolean isOwed(long step, History history) {
    boolean judged =
        hasHeldOut
            ? history.isEvaluated(step)
            : step > 0 && SampleSheet.exists(folder.samples(), step);
    return isDue(step) && !judged;
  }

  /**
   * The evaluation comes last: once the log tells it, nothing is owed.
   *
   * @return false if it was left since the run is asked to end
   */
  boolean judge(long step, Chronicle chronicle, Stopping stopping) {
    return judge(step, true, chronicle, stopping);
  }

  /** As {@link #judge}, of a step that is {@linkplain #isOwed owed}: samples are shown once. */
  boolean makeUp(long step, Chronicle chronicle, Stopping stopping) {
    return judge(step, !SampleSheet.exists(folder.samples(), step), chronicle, stopping);
  }

  private boolean judge(long step, boolean paints, Chronicle chronicle, Stopping stopping) {
    try {
      stopping.leave();
      if (paints) {
        attempt("Painting the prompts at step " + step, chronicle, () -> sample(step, chronicle));
      }
      evaluate(step, chronicle);
      return true;
    } catch (Stopping.Stopped e) {
      return false;
    }
  }

  private void evaluate(long step, Chronicle chronicle) {
    if (hasHeldOut && (step > 0 || settings.evaluateFirst())) {
      Path place = folder.evaluations().resolve("step-%08d".formatted(step));
      attempt(
          "The evaluation at step " + step,
          chronicle,
          () -> chronicle.evaluated(step, stage.evaluate(place)));
    }
  }

  private void sample(long step, Chronicle chronicle) {
    List<Stage.Sample> samples = stage.sample();
    if (!samples.isEmpty()) {
      chronicle.sampled(step, samples);
    }
  }

  private static void attempt(String what, Chronicle chronicle, Runnable body) {
    try {
      body.run();
    } catch (CurrywurstException | EngineException | OutOfMemoryError e) {
      log.debug("{} failed.", what, e);
      chronicle.noticed(
          "%s failed (%s); the training goes on without it.".formatted(what, e.getMessage()));
    }
  }
}
