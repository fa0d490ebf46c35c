package dev.currywurst.tensor;

/** What libtorch refused to do, in its own first line and without its native stack. */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EngineException(String message, Throwable cause) {
    super(message, cause);
  }
}
