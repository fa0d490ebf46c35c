package dev.currywurst.pipeline;

import java.util.ArrayList;
import java.util.List;

/** Neighbouring pictures that go through a network together. */
record Batch(int first, int count) {
  /** Beyond this the text's keys and values, which each picture brings, would fill the memory. */
  private static final long MOST = 16;

  /** All pictures in batches of at most {@code batchPixels} pixels, or of one picture. */
  static List<Batch> split(int pictures, PictureSize size, long batchPixels) {
    long area = (long) size.width() * size.height();
    int most = (int) Math.max(1, Math.min(MOST, batchPixels / area));
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < pictures; first += most) {
      batches.add(new Batch(first, Math.min(most, pictures - first)));
    }
    return batches;
  }

  /** Its part of a list with one entry for each picture. */
  <T> List<T> of(List<T> all) {
    return all.subList(first, first + count);
  }
}
