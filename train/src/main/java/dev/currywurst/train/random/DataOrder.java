package dev.currywurst.train.random;

import java.util.SplittableRandom;

/**
 * The order in which samples are seen: every epoch all of them once, shuffled anew. A function of
 * the position, so that a resumed run needs nothing but its step.
 */
public final class DataOrder {
  private final Draws draws;
  private final int size;
  private long cachedEpoch = -1;
  private int[] permutation = {};

  public DataOrder(Draws draws, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("no samples to order");
    }
    this.draws = draws;
    this.size = size;
  }

  /** The sample at a position of the endless sequence of epochs. */
  public synchronized int sample(long position) {
    long epoch = position / size;
    if (epoch != cachedEpoch) {
      permutation = shuffled(epoch);
      cachedEpoch = epoch;
    }
    return permutation[(int) (position % size)];
  }

  private int[] shuffled(long epoch) {
    SplittableRandom random = draws.random(Draws.Purpose.ORDER, epoch, 0);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
