package dev.currywurst.train.stage;

import dev.currywurst.tensor.DType;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Draws;
import java.util.Optional;

/**
 * What any stage is taught with.
 *
 * @param training pictures to learn from
 * @param heldOut pictures to judge by
 * @param classPictures of a {@link Preservation}, whose samples draw numbers of their own
 * @param draws everything random
 * @param learning the optimizer, clipping and averaging
 * @param dtype of products and convolutions; weights and updates are float32
 * @param batchSize samples that go through the networks together
 * @param parts batches a step
 * @param checkpointing whether activations are computed again on the way back
 * @param steps of the whole run
 * @param saved which weights are written at the end
 * @param stopping tells evaluations to end early
 */
public record Lessons(
    PictureBatches training,
    PictureBatches heldOut,
    Optional<PictureBatches> classPictures,
    Draws draws,
    Learner.Settings learning,
    DType dtype,
    int batchSize,
    int parts,
    boolean checkpointing,
    long steps,
    Saved saved,
    Stopping stopping)
    implements AutoCloseable {

  @Override
  public void close() {
    training.close();
    heldOut.close();
    classPictures.ifPresent(PictureBatches::close);
  }
}
