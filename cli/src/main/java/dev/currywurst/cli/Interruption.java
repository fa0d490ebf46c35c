package dev.currywurst.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.utils.Signals;

/**
 * What Ctrl-C and a polite kill do while a command computes: the first asks it to end after its
 * current step, the second ends the JVM at once.
 *
 * <p>The JVM's own answer, to exit under the thread that computes, crashes in libtorch, and a
 * shutdown hook hears of no second signal.
 */
final class Interruption implements AutoCloseable {
  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

  private final AtomicBoolean requested = new AtomicBoolean();
  private final List<Runnable> actions = new ArrayList<>();
  private final Map<String, Object> before = new LinkedHashMap<>();
  private final PrintWriter err;

  private Interruption(PrintWriter err) {
    this.err = err;
  }

  /** Takes the signals over until it is closed. */
  static Interruption watch(PrintWriter err) {
    Interruption interruption = new Interruption(err);
    for (String name : SIGNALS) {
      Object handler = Signals.register(name, () -> interruption.received(name));
      if (handler != null) { // A system may lack a signal, or Java be told to leave it alone.
        interruption.before.put(name, handler);
      }
    }
    return interruption;
  }

  private void received(String signal) {
    if (!requested.compareAndSet(false, true)) {
      Runtime.getRuntime().halt(Failures.INTERRUPTED);
    }
    err.println();
    err.println("Ending after this step (SIG" + signal + "); a second Ctrl-C ends at once.");
    synchronized (actions) {
      actions.forEach(Runnable::run);
    }
  }

  /** Calls {@code action} on the signal's thread when the user asks to end. */
  void whenRequested(Runnable action) {
    synchronized (actions) {
      actions.add(action);
      if (requested.get()) {
        action.run();
      }
    }
  }

  /** True once the user has asked to end. */
  boolean isRequested() {
    return requested.get();
  }

  /**
   * A place where the command may end.
   *
   * @throws InterruptedRunException if the user has asked to end
   */
  void check(String whatIsLeft) {
    if (isRequested()) {
      throw new InterruptedRunException(whatIsLeft);
    }
  }

  @Override
  public void close() {
    before.forEach(Signals::unregister);
  }
}
