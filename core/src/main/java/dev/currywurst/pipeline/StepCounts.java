package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Counts the steps of a call's stages and tells the listener, which may end the generation. */
final class StepCounts {
  private final GenerationListener listener;
  private final Map<Stage, Count> counts = new EnumMap<>(Stage.class);

  StepCounts(GenerationListener listener) {
    this.listener = listener;
  }

  /** Says how many steps a stage takes over all pictures. */
  StepCounts expect(Stage stage, int steps) {
    counts.put(stage, new Count(steps));
    return this;
  }

  /** A stage goes on, perhaps after a pause: its clock runs from here. */
  void begin(Stage stage) {
    count(stage).since = System.nanoTime();
  }

  void stepped(Stage stage, int firstPicture, int pictures, Supplier<List<Image>> previews) {
    Count count = count(stage);
    count.step();
    GenerationStep step =
        new GenerationStep(
            stage, count.done, count.steps, count.remaining(), firstPicture, pictures, previews);
    listener.step(step);
    if (step.isCancelled()) {
      throw new GenerationCancelledException(step);
    }
  }

  private Count count(Stage stage) {
    Count count = counts.get(stage);
    if (count == null) {
      throw new IllegalStateException(stage + " was not expected");
    }
    return count;
  }

  private static final class Count {
    private final int steps;
    private int done;
    private long nanos;
    private long since;

    Count(int steps) {
      this.steps = steps;
    }

    void step() {
      long now = System.nanoTime();
      nanos += now - since;
      since = now;
      done++;
    }

    Duration remaining() {
      return Duration.ofNanos(nanos).multipliedBy((long) steps - done).dividedBy(done);
    }
  }
}
