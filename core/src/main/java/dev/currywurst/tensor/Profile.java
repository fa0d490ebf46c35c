package dev.currywurst.tensor;

import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the time goes: seconds spent in native calls while this is open, by the operation that made
 * them, such as {@code Linear.apply} or {@code Tensor.reshape}. One at a time in a process; the
 * thread that opened it is the one that is watched.
 */
public final class Profile implements AutoCloseable {
  private static final StackWalker STACK =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** The classes whose methods only pass calls on. */
  private static final Set<Class<?>> PLUMBING =
      Set.of(Engine.class, Profile.class, Scope.class, Grad.class);

  private static volatile @Nullable Profile current;

  private final Thread thread = Thread.currentThread();
  private final LongSupplier nanoseconds;
  private final Map<String, Long> spent = new TreeMap<>();

  private Profile(LongSupplier nanoseconds) {
    this.nanoseconds = nanoseconds;
  }

  /**
   * Begins to watch.
   *
   * @param nanoseconds the clock, such as {@code System::nanoTime}
   * @throws IllegalStateException if another profile is open
   */
  public static synchronized Profile open(LongSupplier nanoseconds) {
    if (current != null) {
      throw new IllegalStateException("another profile is open");
    }
    Profile profile = new Profile(nanoseconds);
    current = profile;
    return profile;
  }

  /** The profile that watches this thread, if any. */
  static @Nullable Profile current() {
    Profile profile = current;
    return profile == null || profile.thread != Thread.currentThread() ? null : profile;
  }

  long now() {
    return nanoseconds.getAsLong();
  }

  void add(long begin) {
    long nanos = now() - begin; // Before the stack is walked, which takes longer than many calls.
    spent.merge(operation(), nanos, Long::sum);
  }

  private static String operation() {
    return STACK.walk(
        frames ->
            frames
                .filter(frame -> !PLUMBING.contains(frame.getDeclaringClass()))
                .filter(Profile::isPublic)
                .findFirst()
                .map(
                    frame ->
                        frame.getDeclaringClass().getSimpleName() + "." + frame.getMethodName())
                .orElse("other"));
  }

  /** Private methods and lambdas are how an operation is made, not which it is. */
  private static boolean isPublic(StackWalker.StackFrame frame) {
    String name = frame.getMethodName();
    return Arrays.stream(frame.getDeclaringClass().getDeclaredMethods())
        .anyMatch(
            method -> method.getName().equals(name) && !Modifier.isPrivate(method.getModifiers()));
  }

  /** Seconds by operation. */
  public Map<String, Double> seconds() {
    Map<String, Double> seconds = new TreeMap<>();
    spent.forEach((operation, nanos) -> seconds.put(operation, nanos * 1e-9));
    return seconds;
  }

  @Override
  public void close() {
    synchronized (Profile.class) {
      if (current == this) {
        current = null;
      }
    }
  }
}
