package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.EngineException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.train.stage.Stage;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The training loop: learn, report, check, save; resumable at every checkpoint. */
final class Trainer {
  private static final Logger log = LoggerFactory.getLogger(Trainer.class);

  private final Stage stage;
  private final TrainingSettings settings;
  private final RunFolder folder;
  private final Checkpoints checkpoints;
  private final AtomicBoolean stopping = new AtomicBoolean();
  private @Nullable CurrywurstException unsaved;

  /** Trains a stage in a folder that the run has claimed. */
  Trainer(Stage stage, TrainingSettings settings, RunFolder folder) {
    this.stage = stage;
    this.settings = settings;
    this.folder = folder;
    this.checkpoints = folder.checkpoints();
  }

  /** Asks the loop to end after the current step, with a checkpoint. From any thread. */
  void stop() {
    stopping.set(true);
  }

  /**
   * Trains from the newest checkpoint, or from the beginning if there is none, to the last step.
   *
   * @return true if the last step was reached, false if {@link #stop} came first
   * @throws CurrywurstException if losses are not finite again and again, or if the last checkpoint
   *     could not be written
   */
  boolean run(TrainingListener listener) {
    long step = restored();
    listener.started(step);
    try (RunLog lines = RunLog.open(folder.log(), step)) {
      SkippedSteps skipped = new SkippedSteps();
      long saved = step;
      if (step == 0 && settings.evaluateFirst()) {
        evaluate(step, lines, listener);
      }
      while (step < settings.steps() && !stopping.get()) {
        double rate = settings.rate().at(step);
        Stage.Learned learned = stage.learn(step, rate);
        step++;
        lines.learned(step, learned, rate);
        listener.learned(step, learned, rate);
        skipped.count(step, learned.isFinite(), checkpoints.folder());
        boolean last = step == settings.steps();
        // Before the checkpoint: what comes after it would not be made up for after a crash.
        if (last || isDue(step, settings.evaluateEvery())) {
          evaluate(step, lines, listener);
        }
        if (last || isDue(step, settings.checkpointEvery())) {
          save(step, listener);
          saved = step;
        }
      }
      if (saved < step) {
        save(step, listener);
      }
    }
    if (unsaved != null) {
      throw unsaved;
    }
    return step >= settings.steps();
  }

  private static boolean isDue(long step, long every) {
    return every > 0 && step % every == 0;
  }

  private long restored() {
    try (Scope scope = Scope.open()) {
      return checkpoints.restore(stage.state());
    }
  }

  /** No weight depends on it, so a full disk or memory costs its pictures and not the training. */
  private void evaluate(long step, RunLog lines, TrainingListener listener) {
    Map<String, Double> figures;
    try {
      figures = stage.evaluate(folder.evaluations().resolve("step-%08d".formatted(step)));
    } catch (CurrywurstException | EngineException | OutOfMemoryError e) {
      log.debug("The evaluation at step {} failed.", step, e);
      listener.noticed(
          "The evaluation at step %d failed (%s); the training goes on without it."
              .formatted(step, e.getMessage()));
      return;
    }
    lines.evaluated(step, figures);
    listener.evaluated(step, figures);
  }

  /** A full disk may have room again at the next checkpoint, so training goes on until the end. */
  private void save(long step, TrainingListener listener) {
    try (Scope scope = Scope.open()) {
      listener.saved(step, checkpoints.save(step, stage.state()));
      unsaved = null;
    } catch (CurrywurstException e) {
      log.error("{} The training goes on and tries again.", e.getMessage());
      unsaved = e;
    }
  }
}
