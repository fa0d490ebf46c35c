package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.stage.Stage;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** The training loop: learn, report, check, save; resumable at every checkpoint. */
public final class Trainer {
  /** More skipped steps in a row than this, and the run stops: it will not recover by itself. */
  private static final int PATIENCE = 10;

  /** What the loop tells while it runs. */
  public interface Listener {
    /** After each step. */
    void learned(long step, Stage.Learned learned, double learningRate);

    /** After each evaluation. */
    void evaluated(long step, Map<String, Double> figures);

    /** After each checkpoint. */
    void saved(long step, Path checkpoint);

    /** Once, before the first step. */
    void started(long fromStep);
  }

  private final Stage stage;
  private final TrainingSettings settings;
  private final Checkpoints checkpoints;
  private final Listener listener;
  private final AtomicBoolean stopping = new AtomicBoolean();

  public Trainer(
      Stage stage, TrainingSettings settings, Checkpoints checkpoints, Listener listener) {
    this.stage = stage;
    this.settings = settings;
    this.checkpoints = checkpoints;
    this.listener = listener;
  }

  /** Asks the loop to end after the current step, with a checkpoint. From any thread. */
  public void stop() {
    stopping.set(true);
  }

  /**
   * Trains from the newest checkpoint, or from the beginning if there is none, to the last step.
   *
   * @param evaluations the folder that evaluations write example pictures into
   * @return true if the last step was reached, false if {@link #stop} came first
   * @throws CurrywurstException if losses are not finite for more than ten steps in a row
   */
  public boolean run(Path evaluations) {
    long step = checkpoints.restore(stage.state());
    listener.started(step);
    int skipped = 0;
    while (step < settings.steps() && !stopping.get()) {
      double rate = settings.rate().at(step);
      Stage.Learned learned = stage.learn(step, rate);
      skipped = learned.isFinite() ? 0 : skipped + 1;
      if (skipped > PATIENCE) {
        throw new CurrywurstException(
            "The loss was not finite for %d steps up to step %d; the last good weights are in %s. Lower --learning-rate."
                .formatted(skipped, step, checkpoints.folder()));
      }
      step++;
      listener.learned(step, learned, rate);
      boolean last = step == settings.steps();
      if ((last || step % settings.checkpointEvery() == 0) && skipped == 0) {
        listener.saved(step, checkpoints.save(step, stage.state()));
      }
      if (last || (settings.evaluateEvery() > 0 && step % settings.evaluateEvery() == 0)) {
        listener.evaluated(step, stage.evaluate(evaluations.resolve("step-%08d".formatted(step))));
      }
    }
    if (step < settings.steps()) {
      listener.saved(step, checkpoints.save(step, stage.state()));
      return false;
    }
    return true;
  }
}
