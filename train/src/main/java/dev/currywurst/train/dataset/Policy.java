package dev.currywurst.train.dataset;

import dev.currywurst.train.data.CaptionFields;
import dev.currywurst.train.dataset.Clustering.Cluster;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Survey.Surveyed;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * What becomes of pictures that are nearly the same.
 *
 * @param most how many of a cluster are kept, the best first
 * @param weighted whether those that are kept count as one together
 */
public record Policy(int most, boolean weighted) {
  /** One of each cluster. */
  public static final Policy KEEP_ONE = new Policy(1, false);

  /** All, but a cluster counts as one picture at most. */
  public static final Policy WEIGHT = new Policy(Integer.MAX_VALUE, true);

  public Policy {
    if (most < 1) {
      throw new IllegalArgumentException("at least one of a cluster is kept, not " + most);
    }
  }

  /** Up to so many of each cluster. */
  public static Policy cap(int most) {
    return new Policy(most, false);
  }

  /**
   * How much each picture shall count: 0 for those left out. Where clusters are weighted, the
   * weights that the set gives stay in proportion, and add up to 1 at most in a cluster: so a set
   * that was weighted before is not changed. Pictures that cannot be read have none.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if the set gives one a weight that is none
   */
  Map<Entry, Double> weights(Survey survey, List<Cluster> clusters) {
    Map<Entry, Double> weights = new HashMap<>();
    for (Surveyed picture : survey.readable()) {
      weights.put(picture.entry(), weighted ? own(picture) : 1);
    }
    for (Cluster cluster : clusters) {
      int kept = Math.min(most, cluster.size());
      double[] own =
          cluster.members().stream()
              .limit(kept)
              .mapToDouble(one -> weights.get(one.entry()))
              .toArray();
      double total = weighted ? Math.max(1, DoubleStream.of(own).sum()) : 1;
      for (int i = 0; i < cluster.size(); i++) {
        weights.put(cluster.members().get(i).entry(), i < kept ? own[i] / total : 0);
      }
    }
    return weights;
  }

  private static double own(Surveyed picture) {
    return CaptionFields.weight(picture.entry().columns(), picture.entry().name());
  }
}
