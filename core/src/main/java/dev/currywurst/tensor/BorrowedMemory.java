package dev.currywurst.tensor;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.PointerConsumer;

/**
 * Keeps Java buffers reachable while native tensors use their memory. Handles and views share one
 * native storage, and only libtorch knows when the last of them is gone; it calls here then.
 * Without this, the garbage collector would unmap a weight file under a tensor, and the JVM would
 * crash.
 */
final class BorrowedMemory extends PointerConsumer {
  private static final long serialVersionUID = 1L;

  /** The one callback for all: the binding allows for ten, and libtorch may call any time. */
  private static final BorrowedMemory RELEASE = new BorrowedMemory();

  /** By address; the same memory may be lent several times. */
  private static final Map<Long, Deque<ByteBuffer>> LENT = new HashMap<>();

  private BorrowedMemory() {}

  /** Holds {@code buffer} until the returned callback is called with {@code address}. */
  static PointerConsumer lend(long address, ByteBuffer buffer) {
    synchronized (LENT) {
      LENT.computeIfAbsent(address, unused -> new ArrayDeque<>()).push(buffer);
    }
    return RELEASE;
  }

  /** Called by libtorch, from whatever thread drops the last handle. */
  @Override
  public void call(Pointer data) {
    synchronized (LENT) {
      // Whichever of them goes: buffers at one address keep the same memory.
      LENT.computeIfPresent(
          data.address(),
          (address, buffers) -> {
            buffers.pop();
            return buffers.isEmpty() ? null : buffers;
          });
    }
  }
}
