package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * A step that was taken. Valid during the call of the listener that hears of it.
 *
 * <p>Pictures go through a stage in batches; steps count over all of them.
 */
public final class GenerationStep {
  private final Stage stage;
  private final int step;
  private final int steps;
  private final Duration remaining;
  private final int firstPicture;
  private final int pictures;
  private final Supplier<List<Image>> previews;
  private boolean cancelled;

  GenerationStep(
      Stage stage,
      int step,
      int steps,
      Duration remaining,
      int firstPicture,
      int pictures,
      Supplier<List<Image>> previews) {
    this.stage = stage;
    this.step = step;
    this.steps = steps;
    this.remaining = remaining;
    this.firstPicture = firstPicture;
    this.pictures = pictures;
    this.previews = previews;
  }

  public Stage stage() {
    return stage;
  }

  /** From 1 to {@link #steps()}. */
  public int step() {
    return step;
  }

  /** Steps of this stage, over all batches. */
  public int steps() {
    return steps;
  }

  /** How long the rest of this stage takes if it goes on at the pace of its steps so far. */
  public Duration remaining() {
    return remaining;
  }

  /** The first picture of the batch, counted from 0. */
  public int firstPicture() {
    return firstPicture;
  }

  /** Pictures in the batch. */
  public int pictures() {
    return pictures;
  }

  /**
   * What the pictures of the batch will about look like, one pixel for each of Stage C's: computed
   * only when asked for. In Stage C this is what the network expects at the end, given what is left
   * of the noise; later it is what Stage C ended with.
   */
  public List<Image> previews() {
    return previews.get();
  }

  /** Ends the generation after this step with a {@link GenerationCancelledException}. */
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  /** Such as {@code Stage C, step 3 of 29}. */
  @Override
  public String toString() {
    return "%s, step %d of %d".formatted(stage, step, steps);
  }
}
