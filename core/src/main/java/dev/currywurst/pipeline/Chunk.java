package dev.currywurst.pipeline;

import dev.currywurst.diffusion.Guidance;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * Neighbouring pictures of a call that go through all stages before the next ones begin. What lies
 * between two stages is then bounded, and the first pictures are finished long before the last
 * begin; on the other side, each chunk loads the networks again, unless they are kept.
 *
 * @param first its first picture, counted in the call
 * @param batches counted in the chunk
 * @param noise of these pictures
 */
record Chunk(
    Call call, int first, List<Picture> pictures, List<Batch> batches, PictureNoise noise) {
  /**
   * Batches of a chunk. At the published sizes a batch takes minutes on a processor and loading all
   * networks some seconds, while the latents between take a megabyte a picture.
   */
  private static final int BATCHES = 16;

  /** Where the chunks of a call begin and end. */
  static List<Batch> split(int pictures, int largestBatch) {
    return Batch.split(pictures, BATCHES * largestBatch);
  }

  /** Draws for the pictures of a batch: [count, channels, height, width], float32. */
  Tensor draw(Batch batch, DType type, long channels, PictureSize size) {
    return noise.draw(
        batch.first(), batch.count(), type, call.device(), channels, size.height(), size.width());
  }

  /** The prompts of a batch, followed by the negative ones under guidance. */
  List<String> texts(Batch batch, Guidance guidance) {
    return Picture.texts(batch.of(pictures), guidance);
  }

  /**
   * Tells a step that was taken with a batch.
   *
   * @param previews what its pictures will about be; computed when asked for
   */
  void stepped(Stage stage, Batch batch, Supplier<List<StageCLatents>> previews) {
    call.steps()
        .stepped(
            stage,
            first + batch.first(),
            batch.count(),
            () -> previews.get().stream().map(call.previewer()::paint).toList());
  }
}
