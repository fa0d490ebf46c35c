package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What all stages of one call share. */
record Call(
    List<Picture> pictures,
    PictureGeometry geometry,
    PictureNoise noise,
    Device device,
    List<Batch> batches,
    Previewer previewer,
    GenerationListener listener) {

  StageProgress progress(Stage stage, int stepsPerBatch) {
    return new StageProgress(stage, stepsPerBatch * batches.size(), listener);
  }

  /** Ends the call where a network has left the numbers that can be painted. */
  void requireFinite(Tensor latents, Stage stage, int step, int steps) {
    if (!latents.allFinite()) {
      throw new CurrywurstException(
          "%s gave values that are not finite at step %d of %d; compute in float32 or bfloat16, lower the guidance, or check that its weights are whole."
              .formatted(stage, step, steps));
    }
  }

  /** The prompts of a batch, followed by the negative ones if they are asked for. */
  List<String> texts(Batch batch, boolean withNegative) {
    List<String> texts = new ArrayList<>();
    batch.of(pictures).forEach(picture -> texts.add(picture.prompt()));
    if (withNegative) {
      batch.of(pictures).forEach(picture -> texts.add(picture.negativePrompt()));
    }
    return texts;
  }

  List<Image> previews(List<StageCLatents> latents) {
    return latents.stream().map(previewer::paint).toList();
  }
}
