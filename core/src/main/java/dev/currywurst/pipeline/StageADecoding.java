package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.StageA;
import java.util.ArrayList;
import java.util.List;

/** Stage B latents to pictures, for all pictures of a call. */
record StageADecoding(Call call) {

  List<GeneratedImage> decode(
      StageA network, List<StageBLatents> latents, List<StageCLatents> semantics) {
    StageProgress progress = call.progress(Stage.A, 1);
    List<GeneratedImage> images = new ArrayList<>();
    for (Batch batch : call.batches()) {
      try (Scope scope = Scope.open()) {
        Tensor pixels = decode(network, batch.of(latents));
        call.requireFinite(pixels, Stage.A, 1, 1);
        for (int i = 0; i < batch.count(); i++) {
          int index = batch.first() + i;
          Picture picture = call.pictures().get(index);
          GeneratedImage generated =
              new GeneratedImage(
                  image(pixels.select(0, i)),
                  index,
                  picture.prompt(),
                  picture.negativePrompt(),
                  picture.seed(),
                  semantics.get(index));
          images.add(generated);
          call.listener().finished(generated);
        }
      }
      progress.stepped(batch, () -> call.previews(batch.of(semantics)));
    }
    return images;
  }

  private Tensor decode(StageA network, List<StageBLatents> latents) {
    return Scope.tidy(
        () -> {
          List<Tensor> rows = new ArrayList<>();
          latents.forEach(one -> rows.add(one.grid().toTensor()));
          Tensor scaled = Tensor.cat(rows, 0).times(network.config().scale()).to(call.device());
          return network.decode(scaled).to(DType.FLOAT32);
        });
  }

  /** [3, H, W] to bytes, cropped to what was asked for. */
  private Image image(Tensor pixels) {
    Image painted =
        Image.ofPlanes(
            Math.toIntExact(pixels.size(2)), Math.toIntExact(pixels.size(1)), pixels.toFloats());
    return call.geometry().crop(painted);
  }
}
