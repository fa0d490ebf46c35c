package dev.currywurst.train.random;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The order in which samples are seen: every epoch all of them once, shuffled anew, or as often as
 * their weights say. A function of the position, so that a resumed run needs nothing but its step.
 *
 * <p>A sample of weight w comes floor((e + 1)w + p) - floor(ew + p) times in epoch e, where p is a
 * number of its own from 0 to 1: 0.5 comes every second epoch, and not all of them in the same one.
 */
public final class DataOrder {
  private final Draws draws;
  private final long stream;
  private final double[] weights;
  private final double[] phases;
  private final boolean weighted;
  private long epoch = -1;

  /** Position of the epoch's first sample. */
  private long start;

  private int[] permutation = {};

  /** All samples once an epoch. */
  public DataOrder(Draws draws, int size) {
    this(draws, ones(size), 0);
  }

  /**
   * An order by weights.
   *
   * @param weights of the samples, from 0 up
   * @param stream tells orders with the same draws apart
   */
  public DataOrder(Draws draws, double[] weights, long stream) {
    this.draws = draws;
    this.stream = stream;
    this.weights = weights.clone();
    this.weighted = Arrays.stream(weights).anyMatch(weight -> weight != 1);
    this.phases = new double[weights.length];
    if (!(weight() > 0)) {
      throw new IllegalArgumentException("no samples to order");
    }
    if (weighted) {
      for (int i = 0; i < phases.length; i++) {
        phases[i] = draws.random(Draws.Purpose.ORDER, -1 - stream, i).nextDouble();
      }
    }
  }

  private static double[] ones(int size) {
    double[] ones = new double[size];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** Samples of an epoch on average. */
  public double weight() {
    return Arrays.stream(weights).sum();
  }

  /** The sample at a position of the endless sequence of epochs. */
  public synchronized int sample(long position) {
    if (epoch < 0 || position < start || position >= start + permutation.length) {
      find(position);
    }
    return permutation[(int) (position - start)];
  }

  private void find(long position) {
    long e = weighted ? (long) (position / weight()) : position / weights.length;
    // Rounding down of the weights moves the borders by less than a sample each.
    while (e > 0 && before(e) > position) {
      e--;
    }
    while (before(e + 1) <= position) {
      e++;
    }
    epoch = e;
    start = before(e);
    permutation = shuffled(e);
  }

  /** Samples in all epochs before this one. */
  private long before(long e) {
    if (!weighted) {
      return e * weights.length;
    }
    long samples = 0;
    for (int i = 0; i < weights.length; i++) {
      samples += times(i, e);
    }
    return samples;
  }

  private long times(int sample, long epochs) {
    return (long) Math.floor(epochs * weights[sample] + phases[sample]);
  }

  private int[] shuffled(long e) {
    SplittableRandom random = draws.random(Draws.Purpose.ORDER, e, stream);
    int[] order = new int[(int) (before(e + 1) - before(e))];
    int size = 0;
    for (int sample = 0; sample < weights.length; sample++) {
      long times = weighted ? times(sample, e + 1) - times(sample, e) : 1;
      for (long k = 0; k < times; k++) {
        int j = random.nextInt(size + 1);
        order[size] = order[j];
        order[j] = sample;
        size++;
      }
    }
    return order;
  }
}
