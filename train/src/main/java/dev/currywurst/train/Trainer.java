package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.EngineException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.report.History;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.Stopping;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The training loop: learn, report, check, save; resumable at every checkpoint. */
final class Trainer {
  private static final int REHEARSED = 4;

  private final Stage stage;
  private final Judging judging;
  private final TrainingSettings settings;
  private final RunFolder folder;
  private final Resume resume;
  private final Provenance provenance;
  private final History history = new History();
  private final Stopping stopping;

  /** False if an evaluation was left that the run owes. */
  private boolean judged = true;

  private @Nullable CurrywurstException unsaved;

  /** Trains a stage in a folder that the run has claimed. */
  Trainer(
      Stage stage,
      Judging judging,
      TrainingSettings settings,
      RunFolder folder,
      Resume resume,
      Provenance provenance,
      Stopping stopping) {
    this.stage = stage;
    this.judging = judging;
    this.settings = settings;
    this.folder = folder;
    this.resume = resume;
    this.provenance = provenance;
    this.stopping = stopping;
  }

  /** Asks the loop to end after the current step or in an evaluation, with a checkpoint. */
  void stop() {
    stopping.ask();
  }

  /**
   * Trains from the newest checkpoint, or from the beginning if there is none, to the last step.
   *
   * @return true if the last step was reached and judged, false if {@link #stop} came first
   * @throws CurrywurstException if losses are not finite again and again, or if the last checkpoint
   *     could not be written and {@link #stop} came first. After the last step the model is what
   *     matters: see {@link #unsaved}.
   */
  boolean run(TrainingListener listener) {
    Checkpoints checkpoints = folder.checkpoints(settings.checkpointsKept(), listener::noticed);
    long step = restored(checkpoints);
    listener.planned(settings);
    if (step < settings.steps()) {
      stage.prepare(
          (done, all) -> {
            listener.prepared(done, all);
            return !stopping.isAsked();
          });
    }
    listener.started(step);
    provenance.started(step);
    try (Chronicle chronicle =
        new Chronicle(folder, settings, step, history, provenance, listener)) {
      try {
        step = learn(step, chronicle, checkpoints);
      } catch (CurrywurstException | EngineException e) {
        chronicle.ended("Failed: " + e.getMessage());
        throw e;
      }
      // Without its last checkpoint a run has nothing to go on from: then the model comes first.
      boolean done = step >= settings.steps() && (judged || unsaved != null);
      if (done && unsaved == null) {
        chronicle.reached(step);
      }
      chronicle.ended(
          done ? "Finished." : "Stopped after step " + step + "; the same command goes on.");
      if (unsaved != null && !done) {
        throw unsaved;
      }
      return done;
    }
  }

  private long learn(long from, Chronicle chronicle, Checkpoints checkpoints) {
    SkippedSteps skipped = new SkippedSteps(history.skipped(), from);
    long step = from;
    long saved = from;
    // Also what a run left out that was asked to stop, or did not live to finish.
    judged = !judging.isOwed(step, history) || judging.makeUp(step, chronicle, stopping);
    while (step < settings.steps() && !stopping.isAsked()) {
      double rate = settings.rate().at(step);
      try {
        Stage.Learned learned = stage.learn(step, rate);
        step++;
        long counted = Math.max(1, step - history.skipped().size());
        chronicle.learned(step, learned, settings.learning().optimizer().rate(rate, counted));
        skipped.count(step, learned.isFinite());
      } catch (CurrywurstException e) {
        // Such as a picture that was deleted, or losses that are not finite: weights stay whole.
        if (saved < step) {
          save(step, chronicle, checkpoints);
        }
        throw e;
      }
      boolean last = step == settings.steps();
      // Before an evaluation: that takes long, and most memory.
      if (last || step % settings.checkpointEvery() == 0) {
        save(step, chronicle, checkpoints);
        saved = step;
      }
      judged = !judging.isDue(step) || judging.judge(step, chronicle, stopping);
    }
    if (saved < step) {
      save(step, chronicle, checkpoints);
    }
    return step;
  }

  /** Why the last checkpoint is missing, if it is. */
  Optional<CurrywurstException> unsaved() {
    return Optional.ofNullable(unsaved);
  }

  /** The same pictures each time: what frozen networks make of them is kept after the first. */
  TimeEstimate rehearse() {
    double[] seconds = new double[REHEARSED];
    for (int i = 0; i < seconds.length; i++) {
      long began = System.nanoTime();
      stage.learn(0, settings.rate().at(0));
      seconds[i] = (System.nanoTime() - began) / 1e9;
    }
    return TimeEstimate.of(seconds, settings.steps());
  }

  /** What the run has learned so far. */
  History history() {
    return history;
  }

  private long restored(Checkpoints checkpoints) {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> state = stage.state();
      leaveFree(checkpoints, state);
      if (resume instanceof Resume.AtStep at) {
        return checkpoints.restoreStep(at.step(), state);
      }
      // By now it has its own ones, if it is the same command once more.
      if (resume instanceof Resume.From from && checkpoints.count() == 0) {
        return checkpoints.restoreOnly(from.checkpoint(), state);
      }
      return checkpoints.restore(state);
    }
  }

  /** For the checkpoints to come, one of them beside all that are kept, and the models. */
  private void leaveFree(Checkpoints checkpoints, Map<String, Tensor> state) {
    int missing = Math.max(1, settings.checkpointsKept() + 1 - checkpoints.count());
    stage.leaveFree((missing + 1) * Checkpoints.bytes(state));
  }

  /** A full disk may have room again at the next checkpoint, so training goes on until the end. */
  private void save(long step, Chronicle chronicle, Checkpoints checkpoints) {
    chronicle.saving();
    Path checkpoint;
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> state = stage.state();
      checkpoint = checkpoints.save(step, state);
      leaveFree(checkpoints, state);
    } catch (CurrywurstException e) {
      if (step < settings.steps()) {
        chronicle.noticed(e.getMessage() + " The training goes on and tries again.");
      }
      unsaved = e;
      return;
    }
    unsaved = null;
    chronicle.saved(step, checkpoint);
  }
}
