package dev.currywurst.cli;

import dev.currywurst.train.TrainingListener;
import dev.currywurst.train.stage.Stage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Shows a training's steps, evaluations and checkpoints. */
final class TrainingProgress implements TrainingListener {
  /** How much of the shown loss is this step's: about 50 steps count. */
  private static final double NEW_SHARE = 0.02;

  private final String stage;
  private final long steps;
  private final Progress progress;
  private long step;
  private long firstStep;
  private long begin = System.nanoTime();
  private double smoothLoss = Double.NaN;

  TrainingProgress(String stage, long steps, Progress progress) {
    this.stage = stage;
    this.steps = steps;
    this.progress = progress;
  }

  /** The last step that was done. */
  long step() {
    return step;
  }

  @Override
  public void noticed(String sentence) {
    progress.say(sentence);
  }

  @Override
  public void prepared(long done, long all) {
    double seconds = (System.nanoTime() - begin) / 1e9;
    progress.at(
        "Encoding",
        done,
        all,
        Progress.Unit.STEPS,
        Duration.ofMillis((long) (1000 * seconds / done * (all - done))),
        List.of());
  }

  @Override
  public void started(long fromStep) {
    step = fromStep;
    firstStep = fromStep;
    begin = System.nanoTime();
    if (fromStep > 0) {
      progress.say("Going on from step " + fromStep + ".");
    }
  }

  @Override
  public void learned(long done, Stage.Learned learned, double learningRate) {
    step = done;
    if (!learned.isFinite()) {
      progress.say("Step " + done + " was skipped: its loss or gradient is not finite.");
      return;
    }
    double loss = learned.losses().getOrDefault("loss", Double.NaN);
    smoothLoss = Double.isNaN(smoothLoss) ? loss : smoothLoss + NEW_SHARE * (loss - smoothLoss);
    double seconds = (System.nanoTime() - begin) / 1e9;
    double rate = (done - firstStep) / seconds;
    progress.at(
        stage,
        done,
        steps,
        Progress.Unit.STEPS,
        Duration.ofMillis((long) (1000 * (steps - done) / rate)),
        List.of(
            remark("loss %.4g", smoothLoss),
            remark("%.2f steps/s", rate),
            remark("gradient %.3g", learned.gradientNorm()),
            remark("learning rate %.2g", learningRate)));
  }

  private static String remark(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  @Override
  public void evaluated(long done, Map<String, Double> figures) {
    progress.say(
        "Held out, step %d: %s"
            .formatted(
                done,
                figures.entrySet().stream()
                    .map(e -> e.getKey() + remark(" %.4g", e.getValue()))
                    .collect(Collectors.joining(", "))));
  }

  @Override
  public void saved(long done, Path checkpoint) {
    progress.say("Saved " + checkpoint);
  }
}
