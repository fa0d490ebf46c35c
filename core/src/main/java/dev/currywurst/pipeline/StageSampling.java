package dev.currywurst.pipeline;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/** From noise to the latents of one stage: what Stages C and B have in common. */
record StageSampling(Stage stage, AncestralSampler sampler, Guidance guidance) {
  /**
   * Samples one batch.
   *
   * @param type what the network computes in
   * @param channels of the latents
   * @param size of the latents
   * @param network with everything but the latents and the step filled in; under guidance it gives
   *     both halves, the prompts' first
   * @param previews what the pictures will about be, given the expected clean latents
   * @return [count, channels, height, width], owned by the open scope
   */
  Tensor sample(
      Chunk chunk,
      Batch batch,
      DType type,
      long channels,
      PictureSize size,
      AncestralSampler.Denoiser network,
      Previews previews) {
    int steps = steps();
    return sampler.sample(
        chunk.draw(batch, type, channels, size),
        () -> chunk.draw(batch, type, channels, size),
        (x, step) -> guidance.apply(network.noise(x, step)),
        (step, latents, expected) -> {
          Call.requireFinite(latents, stage, step, steps);
          chunk.stepped(stage, batch, () -> previews.of(expected));
        });
  }

  /** The noise level that each step begins at: [steps], float32. */
  Tensor levels(Device device) {
    return sampler.levels().to(device);
  }

  /** Steps for each batch. */
  int steps() {
    return sampler.timesteps().steps();
  }

  interface Previews {
    List<StageCLatents> of(Supplier<Tensor> expected);
  }
}
