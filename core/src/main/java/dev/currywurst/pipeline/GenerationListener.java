package dev.currywurst.pipeline;

/** Hears how far a generation is, on the thread that called it. */
@FunctionalInterface
public interface GenerationListener {
  /** A step was taken. {@link GenerationStep#cancel()} makes it the last one. */
  void step(GenerationStep step);

  /** A part of the model is about to be read, which takes seconds at the published sizes. */
  default void loading(Component component) {}

  /** A picture is finished, perhaps long before the last one; all are also in the result. */
  default void finished(GeneratedImage image) {}

  /** A listener for whoever does not want to know. */
  static GenerationListener silent() {
    return step -> {};
  }
}
