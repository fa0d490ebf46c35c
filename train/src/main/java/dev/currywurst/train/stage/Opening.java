package dev.currywurst.train.stage;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Several things that are opened one after the other: all of them, or none. What was opened is
 * closed again unless {@link #done} comes before the end.
 */
final class Opening implements AutoCloseable {
  private final Deque<Runnable> closings = new ArrayDeque<>();

  /** Something that was opened, and how it is closed. */
  <T> T add(T opened, Consumer<? super T> close) {
    closings.push(() -> close.accept(opened));
    return opened;
  }

  /** All are open; whoever has the result closes them. */
  <T> T done(T result) {
    closings.clear();
    return result;
  }

  @Override
  public void close() {
    closings.forEach(Runnable::run);
  }
}
