package dev.currywurst.train.stage;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.judge.ColourJudge;
import dev.currywurst.train.judge.Silhouette;
import dev.currywurst.train.random.Draws;
import dev.currywurst.wuerstchen.ImageEncoder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** How well pictures come back from their Stage C latents, through Stages B and A. */
record Restoration(ImageEncoder encoder, Decoder decoder, Draws draws) {
  private static final int SHOWN = 48;

  /**
   * Figures over the held-out pictures: "silhouette", the mean overlap of what is drawn, and
   * "colour", the share whose main colour is still the same.
   */
  Map<String, Double> of(PictureBatches heldOut, Path folder) {
    PairSheet sheet = new PairSheet(SHOWN, 6);
    double overlap = 0;
    int sameColour = 0;
    int together = heldOut.together();
    for (int first = 0; first < heldOut.size(); first += together) {
      int offset = first;
      Batch batch = heldOut.plain(first, Math.min(together, heldOut.size() - first)).made();
      float[] restored = Grad.off(() -> restore(batch, offset));
      sheet.add(batch, restored);
      for (int n = 0; n < batch.size(); n++) {
        Image original = batch.image(n);
        Image again = PairSheet.image(batch, restored, n);
        overlap += Silhouette.overlap(original, again);
        sameColour += ColourJudge.mainColour(original) == ColourJudge.mainColour(again) ? 1 : 0;
      }
    }
    sheet.write(folder.resolve("restoration.png"));
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("silhouette", overlap / heldOut.size());
    figures.put("colour", (double) sameColour / heldOut.size());
    return figures;
  }

  private float[] restore(Batch batch, int first) {
    try (Scope scope = Scope.open()) {
      Tensor maps = encoder.encode(ImageEncoder.prepare(batch.tensor()));
      return decoder.paint(
          maps, batch.captions(), batch.side(), NoiseSource.heldOut(draws, first, batch.size()));
    }
  }
}
