package dev.currywurst.train.data;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.random.BucketOrder;
import dev.currywurst.train.random.DataOrder;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.util.Arrays;
import java.util.List;

/** Which picture is at which place of a step: a function of the run's seed and the step. */
interface SampleOrder {
  /** The number of the picture at a place of a part. */
  int sample(Part part, int place);

  /**
   * In random epochs, a picture as often as its weight says; with buckets, batch by batch of one
   * size.
   *
   * @param samplesPerStep of which a part holds all or some
   */
  static SampleOrder of(ReducedPictures pictures, Draws draws, int samplesPerStep) {
    double[] weights = pictures.weights();
    if (!(Arrays.stream(weights).sum() > 0)) {
      return (part, place) -> {
        throw new CurrywurstException("All pictures have a weight of 0; there is nothing to see.");
      };
    }
    if (pictures.buckets().isEmpty()) {
      DataOrder samples = new DataOrder(draws, weights, 0);
      return (part, place) ->
          samples.sample(Math.multiplyExact(part.step(), samplesPerStep) + part.first() + place);
    }
    List<int[]> members = pictures.buckets().get().members();
    int batchSize = pictures.buckets().get().batchSize();
    BucketOrder batches = new BucketOrder(draws, members, weights, batchSize);
    return (part, place) -> {
      if (part.size() != batchSize || part.first() % batchSize != 0) {
        throw new IllegalArgumentException("a part " + part + " of batches of " + batchSize);
      }
      long first = Math.multiplyExact(part.step(), samplesPerStep) + part.first();
      return batches.sample(first / batchSize, place);
    };
  }
}
