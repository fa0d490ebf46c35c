package dev.currywurst.cli;

import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationStep;
import java.util.List;
import java.util.function.Consumer;

/** Shows a generation's steps, and ends it after one of them when the user asks to. */
final class GenerationProgress implements GenerationListener {
  private final Progress progress;
  private final Interruption interruption;
  private final Consumer<GenerationStep> preview;

  /**
   * Progress of one generation.
   *
   * @param preview what else to do after a step
   */
  GenerationProgress(
      Progress progress, Interruption interruption, Consumer<GenerationStep> preview) {
    this.progress = progress;
    this.interruption = interruption;
    this.preview = preview;
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
}
