package dev.currywurst.pipeline;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageC;
import java.util.ArrayList;
import java.util.List;

/** Text states to Stage C latents, for all pictures of a call. */
record StageCSampling(
    Call call, AncestralSampler sampler, Guidance guidance, ModelNumbers numbers) {

  List<StageCLatents> sample(StageC network, TextConditioning text) {
    int steps = sampler.timesteps().steps();
    StageProgress progress = call.progress(Stage.C, steps);
    List<StageCLatents> latents = new ArrayList<>();
    for (Batch batch : call.batches()) {
      try (Scope scope = Scope.open()) {
        latents.addAll(grids(sample(batch, network, text, progress)));
      }
    }
    return latents;
  }

  private Tensor sample(
      Batch batch, StageC network, TextConditioning text, StageProgress progress) {
    DType type = network.parameters().dtype();
    long channels = network.config().latentChannels();
    PictureSize size = call.geometry().stageC();
    int steps = sampler.timesteps().steps();
    StageC.Conditioning conditioning =
        network.condition(text.of(call.texts(batch, guidance.isOn()))); // prompts, then negatives
    NoiseLevels levels = network.levels(sampler.levels().to(call.device()));
    return sampler.sample(
        draw(batch, type, channels, size),
        () -> draw(batch, type, channels, size),
        (x, step) -> {
          Tensor noise = network.denoise(x, levels.at(step), conditioning);
          return guidance.isOn() ? guidance.apply(noise) : noise;
        },
        (step, latents, expected) -> {
          call.requireFinite(latents, Stage.C, step, steps);
          progress.stepped(batch, () -> call.previews(grids(expected.get())));
        });
  }

  private Tensor draw(Batch batch, DType type, long channels, PictureSize size) {
    return call.noise()
        .draw(
            batch.first(),
            batch.count(),
            type,
            call.device(),
            channels,
            size.height(),
            size.width());
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
