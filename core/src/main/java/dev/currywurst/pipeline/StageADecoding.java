package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.StageA;
import java.util.ArrayList;
import java.util.List;

/** Stage B latents to pictures. */
record StageADecoding(Chunk chunk) {

  /** Decodes all pictures of the chunk, and hands each to the listener as soon as it is there. */
  void decode(StageA network, List<StageBLatents> latents, List<StageCLatents> semantics) {
    Call call = chunk.call();
    call.steps().begin(Stage.A);
    for (Batch batch : chunk.batches()) {
      try (Scope scope = Scope.open()) {
        Tensor pixels = decode(network, batch.of(latents));
        Call.requireFinite(pixels, Stage.A, 1, 1);
        for (int i = 0; i < batch.count(); i++) {
          int index = batch.first() + i;
          call.listener().painted(painted(index, pixels.select(0, i), semantics.get(index)));
        }
      }
      chunk.stepped(Stage.A, batch, () -> batch.of(semantics));
    }
  }

  private Tensor decode(StageA network, List<StageBLatents> latents) {
    return Scope.tidy(
        () -> {
          List<Tensor> rows = new ArrayList<>();
          latents.forEach(one -> rows.add(one.grid().toTensor()));
          Tensor scaled = Tensor.cat(rows, 0).times(network.config().scale());
          return network.decode(scaled.to(chunk.call().device())).to(DType.FLOAT32);
        });
  }

  private GeneratedImage painted(int index, Tensor pixels, StageCLatents semantics) {
    Picture picture = chunk.pictures().get(index);
    return new GeneratedImage(
        image(pixels),
        chunk.first() + index,
        picture.prompt(),
        picture.negativePrompt(),
        picture.seed(),
        semantics);
  }

  /** [3, H, W] to bytes, cropped to what was asked for. */
  private Image image(Tensor pixels) {
    Image painted =
        Image.ofPlanes(
            Math.toIntExact(pixels.size(2)), Math.toIntExact(pixels.size(1)), pixels.toFloats());
    return chunk.call().geometry().crop(painted);
  }
}
