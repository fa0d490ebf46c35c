package dev.currywurst.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a pickle describes, as far as weights go. */
sealed interface PickleValue {
  /** Text, a whole number (Long, BigInteger), a Double, a Boolean, or null for None. */
  record Scalar(@Nullable Object value) implements PickleValue {}

  record PickledTuple(List<PickleValue> items) implements PickleValue {}

  record PickledList(List<PickleValue> items) implements PickleValue {
    PickledList() {
      this(new ArrayList<>());
    }
  }

  /** A dictionary in its order; keys are the values of scalars. */
  record PickledDict(Map<@Nullable Object, PickleValue> items) implements PickleValue {
    PickledDict() {
      this(new LinkedHashMap<>());
    }
  }

  /** A name of Python's world; only a name. */
  record PickledGlobal(TorchGlobal global) implements PickleValue {}

  /**
   * A piece of memory that lies elsewhere in the file.
   *
   * @param type the type of its elements, null if it is plain bytes
   */
  record PickledStorage(String key, @Nullable StoredType type, long elements)
      implements PickleValue {
    long bytes() {
      return type == null ? elements : elements * type.bits() / 8;
    }
  }

  /** A view on a storage: offset and strides count elements, as in PyTorch. */
  record PickledTensor(PickledStorage storage, StoredType type, Strided layout)
      implements PickleValue {}

  /** The result of something known to be harmless and of no use here, such as a device. */
  record Inert() implements PickleValue {}
}
