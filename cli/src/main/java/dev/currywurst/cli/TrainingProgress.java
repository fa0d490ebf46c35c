package dev.currywurst.cli;

import dev.currywurst.train.TrainingListener;
import dev.currywurst.train.TrainingSettings;
import dev.currywurst.train.report.Pace;
import dev.currywurst.train.report.Smoothing;
import dev.currywurst.train.stage.Stage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Shows a training's steps, evaluations and checkpoints. */
final class TrainingProgress implements TrainingListener {
  private final String stage;
  private final long steps;
  private final Progress progress;
  private long step;
  private long preparing;
  private Pace pace = new Pace();
  private final Smoothing loss = new Smoothing();
  private int samplesPerStep = 1;
  private int skipped;

  TrainingProgress(String stage, long steps, Progress progress) {
    this.stage = stage;
    this.steps = steps;
    this.progress = progress;
  }

  /** What to end with if the training ended before its last step. */
  InterruptedRunException interrupted() {
    return new InterruptedRunException(
        "Interrupted after step %d of %d; the same command goes on from there."
            .formatted(step, steps));
  }

  @Override
  public void noticed(String sentence) {
    progress.say(sentence);
  }

  @Override
  public void prepared(long done, long all) {
    if (preparing == 0) {
      preparing = System.nanoTime();
    }
    double seconds = (System.nanoTime() - preparing) / 1e9;
    progress.at(
        "Encoding",
        done,
        all,
        Progress.Unit.STEPS,
        Duration.ofMillis((long) (1000 * seconds / done * (all - done))),
        List.of());
  }

  @Override
  public void planned(TrainingSettings settings) {
    samplesPerStep = settings.samplesPerStep();
  }

  @Override
  public void started(long fromStep) {
    step = fromStep;
    pace = new Pace();
    if (fromStep > 0) {
      progress.say("Going on from step " + fromStep + ".");
    }
  }

  @Override
  public void learned(long done, Stage.Learned learned, double learningRate) {
    step = done;
    pace.stepped();
    if (!learned.isFinite()) {
      progress.say(
          "Step %d was skipped: its loss or gradient is not finite (%d so far)."
              .formatted(done, ++skipped));
      return;
    }
    loss.add(learned.losses().getOrDefault("loss", Double.NaN));
    double rate = pace.stepsPerSecond();
    progress.at(
        stage,
        done,
        steps,
        Progress.Unit.STEPS,
        pace.remaining(steps - done),
        List.of(
            remark("loss %.4g", loss.value()),
            remark("%.3g steps/s", rate),
            remark("%.3g pictures/s", rate * samplesPerStep),
            remark("gradient %.3g", learned.gradientNorm()),
            remark("learning rate %.2g", learningRate)));
  }

  private static String remark(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  @Override
  public void evaluated(long done, Map<String, Double> figures) {
    pace.paused();
    progress.say(
        "Held out, step %d: %s"
            .formatted(
                done,
                figures.entrySet().stream()
                    .map(e -> e.getKey() + remark(" %.4g", e.getValue()))
                    .collect(Collectors.joining(", "))));
  }

  @Override
  public void sampled(long done, Path sheet) {
    pace.paused();
    progress.say("Painted " + sheet);
  }

  @Override
  public void saved(long done, Path checkpoint) {
    pace.paused();
    progress.say("Saved " + checkpoint);
  }
}
