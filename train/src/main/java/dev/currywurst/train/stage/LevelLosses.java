package dev.currywurst.train.stage;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The mean error at each of 300 noise levels, as Stable Cascade's {@code AdaptiveLossWeight} keeps
 * it to weigh errors with. Levels are told apart by the logarithm of their signal-to-noise ratio,
 * from -10 to 10.
 *
 * <p>What a step finds counts from the next step on, and only if that step changed the weights. The
 * reference counts each batch at once, and of equal levels in a batch one; here all count, so that
 * a step is the same however it is cut into batches.
 */
final class LevelLosses implements AutoCloseable {
  private static final int BUCKETS = 300;
  private static final double LOWEST = -10;
  private static final double HIGHEST = 10;
  private static final double STAYS = 0.99;
  private static final double SMALLEST_WEIGHT = 1e-7;
  private static final double LARGEST_WEIGHT = 1e7;

  private final float[] bounds;
  private final Tensor means;
  private final List<Seen> pending = new ArrayList<>();

  private record Seen(int bucket, float loss) {}

  LevelLosses() {
    try (Scope scope = Scope.open()) {
      this.bounds = Tensor.linspace(LOWEST, HIGHEST, BUCKETS - 1).toFloats();
      this.means = Tensor.full(1, DType.FLOAT32, BUCKETS).own();
    }
  }

  /** The means, [300] float32: what a checkpoint keeps. */
  Tensor means() {
    return means;
  }

  /** The weights of samples with these signals ᾱ, [B]. */
  Tensor weights(Tensor signal) {
    float[] all = means.toFloats();
    int[] buckets = buckets(signal);
    float[] weights = new float[buckets.length];
    for (int i = 0; i < weights.length; i++) {
      float weight = 1 / all[buckets[i]];
      weights[i] = (float) Math.max(SMALLEST_WEIGHT, Math.min(LARGEST_WEIGHT, weight));
    }
    return Tensor.of(weights, weights.length);
  }

  private int[] buckets(Tensor signal) {
    float[] ratios;
    try (Scope scope = Scope.open()) {
      ratios = Weighting.ratio(signal).toFloats();
    }
    int[] buckets = new int[ratios.length];
    for (int i = 0; i < buckets.length; i++) {
      float logarithm = (float) Math.log(ratios[i]);
      // As torch.searchsorted: the number of bounds below the value.
      while (buckets[i] < bounds.length && bounds[buckets[i]] < logarithm) {
        buckets[i]++;
      }
    }
    return buckets;
  }

  /**
   * Remembers errors until the step is {@linkplain #accept accepted}.
   *
   * @param signal ᾱ of the samples, [B]
   * @param losses not weighted, [B]
   */
  void saw(Tensor signal, Tensor losses) {
    int[] buckets = buckets(signal);
    float[] values = losses.detach().toFloats();
    for (int i = 0; i < values.length; i++) {
      pending.add(new Seen(buckets[i], values[i]));
    }
  }

  /** Counts what the step saw. */
  void accept() {
    float[] all = means.toFloats();
    for (Seen seen : pending) {
      all[seen.bucket()] = (float) (all[seen.bucket()] * STAYS + seen.loss() * (1 - STAYS));
    }
    pending.clear();
    try (Scope scope = Scope.open()) {
      means.copyInPlace(Tensor.of(all, BUCKETS));
    }
  }

  /** Forgets what a step saw that changed nothing. */
  void forget() {
    pending.clear();
  }

  @Override
  public void close() {
    means.close();
  }
}
