package dev.currywurst.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * How a tensor lies in a storage: element (i, j, ...) is at {@code offset + i * strides[0] + j *
 * strides[1] + ...}.
 *
 * @param offset of the first element, counted in elements like the strides
 * @param elements the product of the shape
 * @param span elements from the first to the last in memory, both included
 */
record Strided(long offset, List<Long> shape, List<Long> strides, long elements, long span) {
  /** The layout, or empty if a number is negative or too large to count with. */
  static Optional<Strided> of(long offset, List<Long> shape, List<Long> strides) {
    if (offset < 0 || shape.size() != strides.size()) {
      return Optional.empty();
    }
    try {
      long elements = 1;
      long last = 0;
      for (int i = 0; i < shape.size(); i++) {
        if (shape.get(i) < 0 || strides.get(i) < 0) {
          return Optional.empty();
        }
        elements = Math.multiplyExact(elements, shape.get(i));
        if (shape.get(i) > 0) {
          long reach = Math.multiplyExact(shape.get(i) - 1, strides.get(i));
          last = Math.addExact(last, reach);
        }
      }
      // No later sum or product with a number of bits can overflow.
      long end = Math.addExact(offset, Math.addExact(last, 1));
      if (Math.max(end, elements) > Long.MAX_VALUE / 64) {
        return Optional.empty();
      }
      return Optional.of(
          new Strided(offset, shape, strides, elements, elements == 0 ? 0 : last + 1));
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** The end of the last element, counted from the start of the storage. */
  long end() {
    return elements == 0 ? 0 : offset + span;
  }

  /** True if the elements follow each other without gaps in row-major order. */
  boolean isContiguous() {
    long expected = 1;
    for (int i = shape.size() - 1; i >= 0; i--) {
      if (shape.get(i) > 1 && strides.get(i) != expected) {
        return false;
      }
      expected *= shape.get(i);
    }
    return true;
  }

  /**
   * Copies the elements from {@code spanned}, which begins at the first one, in row-major order.
   */
  ByteBuffer gather(ByteBuffer spanned, int elementBytes) {
    ByteBuffer packed = ByteBuffer.allocateDirect(Math.toIntExact(elements * elementBytes));
    long[] index = new long[shape.size()];
    long position = 0;
    while (packed.hasRemaining()) {
      packed.put(
          packed.position(), spanned, Math.toIntExact(position * elementBytes), elementBytes);
      packed.position(packed.position() + elementBytes);
      position = next(index, position);
    }
    return packed.flip().asReadOnlyBuffer().order(ByteOrder.nativeOrder());
  }

  /** Steps {@code index} to the next element and returns where that one lies. */
  private long next(long[] index, long position) {
    for (int i = index.length - 1; i >= 0; i--) {
      position += strides.get(i);
      if (++index[i] < shape.get(i)) {
        return position;
      }
      position -= index[i] * strides.get(i);
      index[i] = 0;
    }
    return position;
  }
}
