package dev.currywurst.pipeline;

import java.util.ArrayList;
import java.util.List;

/** Neighbouring pictures of a chunk that go through a network together. */
record Batch(int first, int count) {
  /** Beyond this the text's keys and values, which each picture brings, would fill the memory. */
  private static final long MOST = 16;

  /** Pictures of a batch: as many as make {@code batchPixels} pixels, or one. */
  static int largest(PictureSize size, long batchPixels) {
    long area = (long) size.width() * size.height();
    return (int) Math.max(1, Math.min(MOST, batchPixels / area));
  }

  /** All pictures in batches of {@code largest}; the last one may be smaller. */
  static List<Batch> split(int pictures, int largest) {
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < pictures; first += largest) {
      batches.add(new Batch(first, Math.min(largest, pictures - first)));
    }
    return batches;
  }

  /** Its part of a list with one entry for each picture. */
  <T> List<T> of(List<T> all) {
    return all.subList(first, first + count);
  }
}
