package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Counts the steps of a stage and tells the listener, which may end the generation. */
final class StageProgress {
  private final Stage stage;
  private final int steps;
  private final GenerationListener listener;
  private final long begin = System.nanoTime();
  private int done;

  StageProgress(Stage stage, int steps, GenerationListener listener) {
    this.stage = stage;
    this.steps = steps;
    this.listener = listener;
  }

  void stepped(Batch batch, Supplier<List<Image>> previews) {
    done++;
    Duration passed = Duration.ofNanos(System.nanoTime() - begin);
    GenerationStep step =
        new GenerationStep(
            stage,
            done,
            steps,
            passed.multipliedBy((long) steps - done).dividedBy(done),
            batch.first(),
            batch.count(),
            previews);
    listener.step(step);
    if (step.isCancelled()) {
      throw new GenerationCancelledException(step);
    }
  }
}
