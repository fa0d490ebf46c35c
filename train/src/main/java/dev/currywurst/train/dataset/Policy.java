package dev.currywurst.train.dataset;

import dev.currywurst.train.dataset.Clustering.Cluster;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Survey.Surveyed;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What becomes of pictures that are nearly the same.
 *
 * @param most how many of a cluster are kept, the best first
 * @param weighted whether those that are kept count as one together
 */
public record Policy(int most, boolean weighted) {
  /** One of each cluster. */
  public static final Policy KEEP_ONE = new Policy(1, false);

  /** All, but a cluster counts as one picture: with weights of their own, as their mean. */
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
   * How much of each picture shall count: 0 for those left out, 1 for those without a like. A
   * weight that the set gives it is multiplied by it. Pictures that cannot be read have none.
   */
  Map<Entry, Double> weights(Survey survey, List<Cluster> clusters) {
    Map<Entry, Double> weights = new HashMap<>();
    for (Surveyed picture : survey.readable()) {
      weights.put(picture.entry(), 1.0);
    }
    for (Cluster cluster : clusters) {
      int kept = Math.min(most, cluster.size());
      for (int i = 0; i < cluster.size(); i++) {
        double weight = weighted ? 1.0 / kept : 1;
        weights.put(cluster.members().get(i).entry(), i < kept ? weight : 0);
      }
    }
    return weights;
  }
}
