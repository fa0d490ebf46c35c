package dev.currywurst.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Owns the native memory of every tensor made while it is open on this thread.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *   Tensor noise = ...;
 *   return scope.keep(x.minus(noise)); // x - noise outlives the scope, the rest is freed
 * }
 * }</pre>
 *
 * <p>Open one for each training step, sampling step and network block. Closing early is safe under
 * autograd: libtorch itself holds what the backward pass needs. The garbage collector never frees a
 * tensor (it does not see native memory), so making a tensor that no scope owns is an error.
 */
public final class Scope implements AutoCloseable {
  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();
  private static final AtomicLong LIVE = new AtomicLong();
  private static final String NO_SCOPE =
      "no Scope is open around it on this thread; open one with try (Scope scope = Scope.open()).";

  private final @Nullable Scope outer;
  private final Thread thread;
  private final List<Tensor> owned = new ArrayList<>();
  private boolean closed;

  private Scope(@Nullable Scope outer) {
    this.outer = outer;
    this.thread = Thread.currentThread();
  }

  /** Opens a scope inside the one that is open on this thread, if any. */
  public static Scope open() {
    Engine.start();
    Scope scope = new Scope(CURRENT.get());
    CURRENT.set(scope);
    return scope;
  }

  /**
   * Runs {@code body} in a scope of its own and keeps only its result, for the scope that is open
   * around it.
   *
   * @throws IllegalStateException if there is none
   */
  public static Tensor tidy(Supplier<Tensor> body) {
    try (Scope scope = open()) {
      return scope.keep(body.get());
    }
  }

  /** Tensors alive in the whole process: a test that sees this grow has found a leak. */
  public static long liveTensors() {
    return LIVE.get();
  }

  /**
   * Hands {@code tensor} to the enclosing scope, if it belongs to this one.
   *
   * @throws IllegalStateException if there is no enclosing scope: nobody would own the tensor. What
   *     shall outlive all scopes is taken out of them by {@link Tensor#own()}.
   */
  public Tensor keep(Tensor tensor) {
    if (tensor.owner() == this) {
      if (outer == null) {
        throw new IllegalStateException("A tensor was kept while " + NO_SCOPE);
      }
      tensor.setOwner(outer);
      outer.owned.add(tensor);
    }
    return tensor;
  }

  /** Takes {@code tensor} out of every scope: it lives until {@link Tensor#close()}. */
  static Tensor release(Tensor tensor) {
    tensor.setOwner(null);
    return tensor;
  }

  static void adopt(Tensor tensor) {
    Scope scope = CURRENT.get();
    if (scope == null) {
      tensor.free();
      throw new IllegalStateException("A tensor was made while " + NO_SCOPE);
    }
    tensor.setOwner(scope);
    scope.owned.add(tensor);
    LIVE.incrementAndGet();
  }

  static void forget() {
    LIVE.decrementAndGet();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (thread != Thread.currentThread() || CURRENT.get() != this) {
      throw new IllegalStateException(
          "Scopes close on the thread that opened them, the innermost first.");
    }
    closed = true;
    for (Tensor tensor : owned) {
      if (tensor.owner() == this) {
        tensor.close();
      }
    }
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
