package dev.currywurst.pipeline;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageB;
import java.util.ArrayList;
import java.util.List;

/** Stage C latents and text states to Stage B latents, for all pictures of a call. */
record StageBSampling(Call call, AncestralSampler sampler, Guidance guidance) {

  List<StageBLatents> sample(StageB network, List<StageCLatents> semantics, TextConditioning text) {
    int steps = sampler.timesteps().steps();
    StageProgress progress = call.progress(Stage.B, steps);
    List<StageBLatents> latents = new ArrayList<>();
    for (Batch batch : call.batches()) {
      try (Scope scope = Scope.open()) {
        Tensor sampled = sample(batch, network, batch.of(semantics), text, progress);
        for (int i = 0; i < batch.count(); i++) {
          latents.add(new StageBLatents(LatentGrid.of(sampled.select(0, i))));
        }
      }
    }
    return latents;
  }

  private Tensor sample(
      Batch batch,
      StageB network,
      List<StageCLatents> semantics,
      TextConditioning text,
      StageProgress progress) {
    DType type = network.parameters().dtype();
    long channels = network.config().latentChannels();
    PictureSize size = call.geometry().stageB();
    int steps = sampler.timesteps().steps();
    StageB.Conditioning conditioning =
        network.condition(
            text.of(call.texts(batch, guidance.isOn())), // prompts, then negatives
            semanticRows(semantics),
            size.height(),
            size.width());
    NoiseLevels levels = network.levels(sampler.levels().to(call.device()));
    return sampler.sample(
        draw(batch, type, channels, size),
        () -> draw(batch, type, channels, size),
        (x, step) -> {
          Tensor noise = network.denoise(x, levels.at(step), conditioning);
          return guidance.isOn() ? guidance.apply(noise) : noise;
        },
        (step, latents, expected) -> {
          call.requireFinite(latents, Stage.B, step, steps);
          progress.stepped(batch, () -> call.previews(semantics));
        });
  }

  /** The latents of a batch; under guidance zeros follow, which stand for "no picture". */
  private Tensor semanticRows(List<StageCLatents> semantics) {
    return Scope.tidy(
        () -> {
          List<Tensor> rows = new ArrayList<>();
          semantics.forEach(latents -> rows.add(latents.grid().toTensor()));
          Tensor given = Tensor.cat(rows, 0);
          Tensor both = guidance.isOn() ? Tensor.cat(List.of(given, given.times(0)), 0) : given;
          return both.to(call.device());
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
}
