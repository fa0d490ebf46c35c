package dev.currywurst.pipeline;

import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageB;
import java.util.ArrayList;
import java.util.List;

/** Stage C latents and text states to Stage B latents. */
record StageBSampling(StageSampling sampling) {

  /** Latents of all pictures of a chunk. */
  List<StageBLatents> sample(
      Chunk chunk, StageB network, List<StageCLatents> semantics, TextConditioning text) {
    chunk.call().steps().begin(Stage.B);
    List<StageBLatents> latents = new ArrayList<>();
    for (Batch batch : chunk.batches()) {
      try (Scope scope = Scope.open()) {
        Tensor sampled = sample(chunk, batch, network, batch.of(semantics), text);
        for (int i = 0; i < batch.count(); i++) {
          latents.add(new StageBLatents(LatentGrid.of(sampled.select(0, i))));
        }
      }
    }
    return latents;
  }

  private Tensor sample(
      Chunk chunk,
      Batch batch,
      StageB network,
      List<StageCLatents> semantics,
      TextConditioning text) {
    PictureSize size = chunk.call().geometry().stageB();
    StageB.Conditioning conditioning =
        network.condition(
            text.of(chunk.texts(batch, sampling.guidance())),
            semanticRows(semantics, chunk.call().device()),
            size.height(),
            size.width());
    NoiseLevels levels = network.levels(sampling.levels(chunk.call().device()));
    return sampling.sample(
        chunk,
        batch,
        network.parameters().dtype(),
        network.config().latentChannels(),
        size,
        (x, step) -> network.denoise(x, levels.at(step), conditioning),
        expected -> semantics);
  }

  /** The latents of a batch; under guidance zeros follow, which stand for "no picture". */
  private Tensor semanticRows(List<StageCLatents> semantics, Device device) {
    return Scope.tidy(
        () -> {
          List<Tensor> rows = new ArrayList<>();
          semantics.forEach(latents -> rows.add(latents.grid().toTensor()));
          return sampling.guidance().withZeros(Tensor.cat(rows, 0)).to(device);
        });
  }
}
