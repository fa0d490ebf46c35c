package dev.currywurst.train.random;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Batches of which each comes from one bucket, in an order that is a function of the batch's
 * number. A bucket gives floor((e + 1)w / B) - floor(ew / B) batches of B in epoch e, where w is
 * the weight of its samples: what does not fill a batch is not lost but comes first in the next
 * epoch.
 */
public final class BucketOrder {
  private final Draws draws;
  private final List<int[]> members = new ArrayList<>();
  private final List<DataOrder> orders = new ArrayList<>();
  private final int batchSize;
  private long epoch = -1;

  /** Number of the epoch's first batch. */
  private long start;

  /** The bucket of each of the epoch's batches, and which of that bucket's batches it is. */
  private List<Batch> batches = List.of();

  private record Batch(int bucket, long number) {}

  /**
   * An order.
   *
   * @param buckets the samples of each bucket
   * @param weights of all samples
   */
  public BucketOrder(Draws draws, List<int[]> buckets, double[] weights, int batchSize) {
    this.draws = draws;
    this.batchSize = batchSize;
    for (int[] bucket : buckets) {
      double[] own = new double[bucket.length];
      for (int i = 0; i < own.length; i++) {
        own[i] = weights[bucket[i]];
      }
      members.add(bucket.clone());
      // Stream 0 shuffles the buckets.
      orders.add(new DataOrder(draws, own, orders.size() + 1));
    }
  }

  /** Samples of each batch. */
  public int batchSize() {
    return batchSize;
  }

  /**
   * A sample of a batch.
   *
   * @param batch counted from 0 over all epochs
   * @param place of the sample in it
   */
  public synchronized int sample(long batch, int place) {
    if (epoch < 0 || batch < start || batch >= start + batches.size()) {
      find(batch);
    }
    Batch found = batches.get((int) (batch - start));
    int sample = orders.get(found.bucket).sample(found.number * batchSize + place);
    return members.get(found.bucket)[sample];
  }

  private void find(long batch) {
    double weight = orders.stream().mapToDouble(DataOrder::weight).sum();
    long e = (long) (batch * batchSize / weight);
    while (e > 0 && before(e) > batch) {
      e--;
    }
    while (before(e + 1) <= batch) {
      e++;
    }
    epoch = e;
    start = before(e);
    batches = shuffled(e);
  }

  private long before(long e) {
    long all = 0;
    for (DataOrder order : orders) {
      all += before(order, e);
    }
    return all;
  }

  private long before(DataOrder order, long e) {
    return (long) Math.floor(e * order.weight() / batchSize);
  }

  private List<Batch> shuffled(long e) {
    SplittableRandom random = draws.random(Draws.Purpose.ORDER, e, 0);
    List<Integer> buckets = new ArrayList<>();
    for (int bucket = 0; bucket < orders.size(); bucket++) {
      long count = before(orders.get(bucket), e + 1) - before(orders.get(bucket), e);
      for (long k = 0; k < count; k++) {
        int j = random.nextInt(buckets.size() + 1);
        buckets.add(j < buckets.size() ? buckets.get(j) : bucket);
        buckets.set(j, bucket);
      }
    }
    long[] next = orders.stream().mapToLong(order -> before(order, e)).toArray();
    List<Batch> result = new ArrayList<>();
    for (int bucket : buckets) {
      result.add(new Batch(bucket, next[bucket]++));
    }
    return result;
  }
}
