package dev.currywurst.weights;

import dev.currywurst.weights.MappedRanges.Range;
import dev.currywurst.weights.PickleValue.PickledStorage;
import java.nio.file.Path;
import java.util.Map;

/**
 * What is in a file of {@code torch.save}.
 *
 * @param value what its pickle describes
 * @param ranges where the storages that the pickle mentions lie in the file, by key
 */
record TorchContent(PickleValue value, Map<String, Range> ranges) {
  /** No real checkpoint describes its tensors in more bytes. */
  static final long LONGEST_PICKLE = 64_000_000;

  /** The bytes of a storage, all of which are there. */
  Range locate(Path file, PickledStorage storage) {
    Range range = ranges.get(storage.key());
    long there = range == null ? 0 : range.length();
    if (storage.bytes() > there) {
      throw Refusal.of(
          file,
          "storage %s should have %d bytes, but %d are there; fetch it again"
              .formatted(Printable.quoted(storage.key()), storage.bytes(), there));
    }
    return range == null ? new Range(0, 0) : range;
  }
}
