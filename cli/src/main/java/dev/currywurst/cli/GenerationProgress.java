package dev.currywurst.cli;

import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationStep;
import java.util.List;
import java.util.function.Consumer;

/** Shows a generation's steps, and ends it after one of them when the user asks to. */
final class GenerationProgress implements GenerationListener {
  private final Progress progress;
  private final Interruption interruption;
  private final Consumer<GenerationStep> preview;
  private final Consumer<GeneratedImage> painted;

  /** Progress of one generation, and nothing else. */
  GenerationProgress(Progress progress, Interruption interruption) {
    this(progress, interruption, picture -> {});
  }

  /**
   * Progress of one generation.
   *
   * @param painted what to do with a finished picture
   */
  GenerationProgress(
      Progress progress, Interruption interruption, Consumer<GeneratedImage> painted) {
    this(progress, interruption, step -> {}, painted);
  }

  /**
   * Progress of one generation.
   *
   * @param preview what else to do after a step
   * @param painted what to do with a finished picture
   */
  GenerationProgress(
      Progress progress,
      Interruption interruption,
      Consumer<GenerationStep> preview,
      Consumer<GeneratedImage> painted) {
    this.progress = progress;
    this.interruption = interruption;
    this.preview = preview;
    this.painted = painted;
  }

  @Override
  public void loading(Component component) {
    interruption.check("Interrupted while the model was loading.");
  }

  @Override
  public void step(GenerationStep step) {
    progress.at(
        step.stage().toString(),
        step.step(),
        step.steps(),
        Progress.Unit.STEPS,
        step.remaining(),
        List.of());
    preview.accept(step);
    if (interruption.isRequested()) {
      step.cancel();
    }
  }

  @Override
  public void painted(GeneratedImage image) {
    painted.accept(image);
  }

  @Override
  public void notice(String sentence) {
    progress.say(sentence);
  }
}
