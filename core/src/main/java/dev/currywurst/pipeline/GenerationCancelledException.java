package dev.currywurst.pipeline;

/** A listener ended the generation; its message says after which step. */
public final class GenerationCancelledException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  GenerationCancelledException(GenerationStep step) {
    super("The generation was cancelled after " + step + ".");
  }
}
