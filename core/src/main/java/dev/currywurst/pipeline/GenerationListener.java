package dev.currywurst.pipeline;

import org.slf4j.LoggerFactory;

/**
 * Hears how far a generation is, on the thread that called it. What a method throws ends the
 * generation and reaches its caller.
 */
@FunctionalInterface
public interface GenerationListener {
  /** A step was taken. {@link GenerationStep#cancel()} makes it the last one. */
  void step(GenerationStep step);

  /** A part of the model is about to be read, which takes seconds at the published sizes. */
  default void loading(Component component) {}

  /**
   * A picture is finished, perhaps long before the last one: the place to write it to a file, so
   * that nothing that happens later loses it.
   */
  default void painted(GeneratedImage image) {}

  /**
   * Something that the user should know but that ends nothing: what was cut from a prompt, which
   * size was cropped. One sentence; unless a listener takes it, it goes to the log.
   */
  default void notice(String sentence) {
    LoggerFactory.getLogger(GenerationListener.class).warn("{}", sentence);
  }

  /** A listener for whoever does not want to know. */
  static GenerationListener silent() {
    return step -> {};
  }
}
