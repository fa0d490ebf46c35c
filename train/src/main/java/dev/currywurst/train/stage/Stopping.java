package dev.currywurst.train.stage;

/**
 * Whether a run was asked to end. A step is finished then; an evaluation, which may take minutes,
 * is left where it is: no weight depends on it, and it is made up for when the run goes on.
 */
public final class Stopping {
  private volatile boolean asked;

  /** How an evaluation is left. */
  public static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Stopped() {
      super("The run was asked to end.");
    }
  }

  /** Asks. From any thread. */
  public void ask() {
    asked = true;
  }

  public boolean isAsked() {
    return asked;
  }

  /**
   * A place where an evaluation may be left, between pictures and between steps of sampling.
   *
   * @throws Stopped if the run was asked to end
   */
  public void leave() {
    if (asked) {
      throw new Stopped();
    }
  }
}
