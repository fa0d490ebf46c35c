package dev.currywurst.pipeline;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageC;
import java.util.ArrayList;
import java.util.List;

/** Text states to Stage C latents. */
record StageCSampling(StageSampling sampling, ModelNumbers numbers) {

  /** Latents of all pictures of a chunk. */
  List<StageCLatents> sample(Chunk chunk, StageC network, TextConditioning text) {
    chunk.call().steps().begin(Stage.C);
    List<StageCLatents> latents = new ArrayList<>();
    for (Batch batch : chunk.batches()) {
      try (Scope scope = Scope.open()) {
        latents.addAll(grids(sample(chunk, batch, network, text)));
      }
    }
    return latents;
  }

  private Tensor sample(Chunk chunk, Batch batch, StageC network, TextConditioning text) {
    List<String> texts = chunk.texts(batch, sampling.guidance());
    StageC.Conditioning conditioning = network.condition(text.of(texts));
    NoiseLevels levels = network.levels(sampling.levels(chunk.call().device()));
    return sampling.sample(
        chunk,
        batch,
        network.parameters().dtype(),
        network.config().latentChannels(),
        chunk.call().geometry().stageC(),
        (x, step) -> network.denoise(x, levels.at(step), conditioning),
        expected -> grids(expected.get()));
  }

  /** [B, channels, h, w] in Stage C's scale to one grid each in the image encoder's. */
  private List<StageCLatents> grids(Tensor latents) {
    List<StageCLatents> grids = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      Tensor scaled = latents.times(numbers.mean()).minus(numbers.std());
      for (int i = 0; i < latents.size(0); i++) {
        grids.add(new StageCLatents(LatentGrid.of(scaled.select(0, i))));
      }
    }
    return grids;
  }
}
