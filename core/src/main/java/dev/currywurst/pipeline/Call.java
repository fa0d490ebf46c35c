package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Tensor;

/** What all pictures of one call share. */
record Call(
    PictureGeometry geometry,
    Device device,
    Previewer previewer,
    StepCounts steps,
    GenerationListener listener) {

  /** Ends the call where a network has left the numbers that can be painted. */
  static void requireFinite(Tensor latents, Stage stage, int step, int steps) {
    if (!latents.allFinite()) {
      throw new CurrywurstException(
          "%s gave values that are not finite at step %d of %d; compute in float32 or bfloat16, lower the guidance, or check that its weights are whole."
              .formatted(stage, step, steps));
    }
  }
}
