package dev.currywurst.cli;

/** The user ended a command; the message says what is left of its work. */
final class InterruptedRunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InterruptedRunException(String message) {
    super(message);
  }
}
