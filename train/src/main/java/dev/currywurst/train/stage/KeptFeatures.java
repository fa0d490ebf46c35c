package dev.currywurst.train.stage;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A frozen encoder in front of a {@link FeatureStore}: only samples that were not seen before go
 * through it.
 */
final class KeptFeatures {
  private final FeatureStore store;

  KeptFeatures(FeatureStore store) {
    this.store = store;
  }

  /**
   * Features of samples.
   *
   * @param keys what names each sample; empty for one that does not come again
   * @param encode makes the features [n, ...] of the samples at these places
   * @param shape of one sample's features
   * @return [keys.size(), shape...], float32
   */
  Tensor of(List<Optional<String>> keys, Function<List<Integer>, Tensor> encode, long... shape) {
    return Scope.tidy(
        () -> {
          List<Integer> missing = new ArrayList<>();
          float[][] features = new float[keys.size()][];
          for (int i = 0; i < features.length; i++) {
            float[] kept = keys.get(i).map(store::find).orElse(null);
            if (kept == null) {
              missing.add(i);
            } else {
              features[i] = kept;
            }
          }
          if (keys.stream().allMatch(Optional::isEmpty)) {
            return Grad.off(() -> encode.apply(missing));
          }
          for (int place : missing) {
            features[place] = encoded(place, encode);
            store(keys.get(place), features[place]);
          }
          return joined(features, shape);
        });
  }

  /** Leaves so many bytes of the disk to others. */
  void leaveFree(long bytes) {
    store.leaveFree(bytes);
  }

  /** Whether a sample's features are there. */
  boolean has(String key) {
    return store.find(key) != null;
  }

  /**
   * Each sample goes through the encoder alone: so what is kept does not depend on which others
   * were missing too, and a run that was killed in between still ends with the same weights.
   */
  private static float[] encoded(int place, Function<List<Integer>, Tensor> encode) {
    try (Scope scope = Scope.open()) {
      return Grad.off(() -> encode.apply(List.of(place))).toFloats();
    }
  }

  private void store(Optional<String> key, float[] features) {
    key.ifPresent(name -> store.keep(name, features));
  }

  private static Tensor joined(float[][] features, long... shape) {
    int each = features[0].length;
    float[] all = new float[features.length * each];
    for (int i = 0; i < features.length; i++) {
      System.arraycopy(features[i], 0, all, i * each, each);
    }
    long[] batched = new long[shape.length + 1];
    batched[0] = features.length;
    System.arraycopy(shape, 0, batched, 1, shape.length);
    return Tensor.of(all, batched);
  }
}
