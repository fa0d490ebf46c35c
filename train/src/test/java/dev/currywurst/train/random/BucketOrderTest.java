package dev.currywurst.train.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BucketOrderTest {
  private static final List<int[]> BUCKETS =
      List.of(new int[] {0, 1, 2, 3, 4, 5, 6}, new int[] {7, 8, 9, 10}, new int[] {11, 12, 13});

  private static double[] ones() {
    double[] ones = new double[14];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static int bucket(int sample) {
    return sample < 7 ? 0 : sample < 11 ? 1 : 2;
  }

  @Test
  void everyBatchIsFromOneBucket() {
    BucketOrder order = new BucketOrder(new Draws(1), BUCKETS, ones(), 3);
    for (long batch = 0; batch < 100; batch++) {
      int first = bucket(order.sample(batch, 0));
      assertThat(bucket(order.sample(batch, 1))).isEqualTo(first);
      assertThat(bucket(order.sample(batch, 2))).isEqualTo(first);
    }
  }

  /** 7 and 4 samples do not fill batches of 3; over three epochs they do. */
  @Test
  void nothingIsLost() {
    BucketOrder order = new BucketOrder(new Draws(2), BUCKETS, ones(), 3);
    int[] seen = new int[14];
    for (long batch = 0; batch < 14; batch++) {
      for (int place = 0; place < 3; place++) {
        seen[order.sample(batch, place)]++;
      }
    }
    assertThat(seen).containsOnly(3);
  }

  @Test
  void dependsOnTheNumberAlone() {
    BucketOrder forward = new BucketOrder(new Draws(3), BUCKETS, ones(), 2);
    BucketOrder jumping = new BucketOrder(new Draws(3), BUCKETS, ones(), 2);
    int[] samples = IntStream.range(0, 300).map(i -> forward.sample(i / 2, i % 2)).toArray();
    for (int i = 299; i >= 0; i -= 7) {
      assertThat(jumping.sample(i / 2, i % 2)).isEqualTo(samples[i]);
    }
    BucketOrder other = new BucketOrder(new Draws(4), BUCKETS, ones(), 2);
    assertThat(IntStream.range(0, 300).map(i -> other.sample(i / 2, i % 2)).toArray())
        .isNotEqualTo(samples);
  }

  @Test
  void takesWeightsIntoAccount() {
    double[] weights = ones();
    Arrays.fill(weights, 7, 11, 0.5);
    BucketOrder order = new BucketOrder(new Draws(5), BUCKETS, weights, 2);
    int[] seen = new int[14];
    for (long batch = 0; batch < 120; batch++) {
      seen[order.sample(batch, 0)]++;
      seen[order.sample(batch, 1)]++;
    }
    // 12 samples an epoch, 20 epochs.
    for (int i = 0; i < 14; i++) {
      int expected = i >= 7 && i < 11 ? 10 : 20;
      assertThat(seen[i]).as("sample " + i).isBetween(expected - 2, expected + 2);
    }
  }

  @Test
  void aBatchMayBeLargerThanTheSet() {
    BucketOrder order = new BucketOrder(new Draws(6), List.of(new int[] {0, 1, 2}), ones(), 8);
    int[] seen = new int[3];
    for (int batch = 0; batch < 3; batch++) {
      for (int place = 0; place < 8; place++) {
        seen[order.sample(batch, place)]++;
      }
    }
    assertThat(seen).containsOnly(8);
  }
}
