package dev.currywurst.train.stage;

import dev.currywurst.tensor.DType;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Draws;

/**
 * What any stage is taught with.
 *
 * @param training pictures to learn from
 * @param heldOut pictures to judge by
 * @param draws everything random
 * @param learning the optimizer, clipping and averaging
 * @param dtype of products and convolutions; weights and updates are float32
 * @param batchSize samples that go through the networks together
 * @param parts batches a step
 * @param steps of the whole run
 * @param saved which weights are written at the end
 */
public record Lessons(
    PictureBatches training,
    PictureBatches heldOut,
    Draws draws,
    Learner.Settings learning,
    DType dtype,
    int batchSize,
    int parts,
    long steps,
    Saved saved)
    implements AutoCloseable {

  @Override
  public void close() {
    training.close();
    heldOut.close();
  }
}
