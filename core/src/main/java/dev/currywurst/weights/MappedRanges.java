package dev.currywurst.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Byte ranges of a file of any size, memory-mapped read-only. One map holds at most 2 GB in Java
 * 17, so the ranges are gathered, by position, into as few windows as will do; a range never spans
 * two windows.
 */
final class MappedRanges {
  /** The longest range that can be mapped: a buffer's size is an {@code int}. */
  static final long LONGEST = Integer.MAX_VALUE;

  /** Bytes of the file from {@code offset}, inclusive. */
  record Range(long offset, long length) {
    long end() {
      return offset + length;
    }
  }

  private final NavigableMap<Long, MappedByteBuffer> windows = new TreeMap<>();

  private MappedRanges() {}

  /** Maps the ranges, which must lie in the file; those over {@link #LONGEST} are left out. */
  static MappedRanges map(FileChannel channel, Collection<Range> ranges) throws IOException {
    return map(channel, ranges, LONGEST);
  }

  static MappedRanges map(FileChannel channel, Collection<Range> ranges, long longest)
      throws IOException {
    List<Range> sorted =
        ranges.stream()
            .filter(range -> range.length() > 0 && range.length() <= longest)
            .sorted(Comparator.comparingLong(Range::offset).thenComparingLong(Range::length))
            .toList();
    MappedRanges mapped = new MappedRanges();
    for (int first = 0; first < sorted.size(); ) {
      long start = sorted.get(first).offset();
      long end = start;
      int next = first;
      while (next < sorted.size() && sorted.get(next).end() - start <= longest) {
        end = Math.max(end, sorted.get(next).end());
        next++;
      }
      mapped.windows.put(start, channel.map(FileChannel.MapMode.READ_ONLY, start, end - start));
      first = next;
    }
    return mapped;
  }

  int windows() {
    return windows.size();
  }

  /** A mapped range, or part of one. It keeps its window mapped as long as it is reachable. */
  ByteBuffer slice(long offset, long length) {
    if (length == 0) {
      return ByteBuffer.allocateDirect(0).asReadOnlyBuffer().order(ByteOrder.nativeOrder());
    }
    // A window begins at the first range that did not fit the one before, and every later range
    // lies in it or beyond: the last window that begins at or before a range holds it.
    Map.Entry<Long, MappedByteBuffer> window = windows.floorEntry(offset);
    int begin = Math.toIntExact(offset - window.getKey());
    return window.getValue().slice(begin, Math.toIntExact(length)).order(ByteOrder.nativeOrder());
  }
}
