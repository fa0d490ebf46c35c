package dev.currywurst.tensor;

/**
 * Something the user can mend: its message is one sentence that says what was wrong, where, and
 * what to do about it. The command line prints that sentence and nothing else.
 */
public final class CurrywurstException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CurrywurstException(String message) {
    super(message);
  }

  public CurrywurstException(String message, Throwable cause) {
    super(message, cause);
  }
}
