package dev.currywurst.train.stage;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.Image;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.Draws;
import dev.currywurst.train.judge.ColourJudge;
import dev.currywurst.train.judge.Silhouette;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageB;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How well pictures come back from their Stage C latents, through Stages B and A. */
final class Restoration {
  private static final int BATCH = 16;
  private static final int STEPS = 12;

  private Restoration() {}

  /**
   * Figures over the held-out pictures: "silhouette", the mean overlap of what is drawn, and
   * "colour", the share whose main colour is still the same.
   */
  static Map<String, Double> of(
      StageA stageA,
      ImageEncoder encoder,
      StageB stageB,
      TextTower text,
      PictureBatches heldOut,
      Draws draws,
      Path folder) {
    List<Image> sheet = new ArrayList<>();
    double overlap = 0;
    int sameColour = 0;
    for (int first = 0; first < heldOut.size(); first += BATCH) {
      PictureBatches.Batch batch = heldOut.plain(first, Math.min(BATCH, heldOut.size() - first));
      int offset = first;
      float[] restored =
          Grad.off(() -> restore(stageA, encoder, stageB, text, batch, draws, offset));
      int each = 3 * batch.side() * batch.side();
      for (int n = 0; n < batch.size(); n++) {
        float[] one = new float[each];
        System.arraycopy(restored, n * each, one, 0, each);
        Image original = Image.ofPlanes(batch.side(), batch.side(), batch.planes(n));
        Image again = Image.ofPlanes(batch.side(), batch.side(), one);
        overlap += Silhouette.overlap(original, again);
        sameColour += ColourJudge.mainColour(original) == ColourJudge.mainColour(again) ? 1 : 0;
        if (sheet.size() < 96) {
          sheet.add(original);
          sheet.add(again);
        }
      }
    }
    SampleSheet.write(sheet, 12, folder.resolve("restoration.png"));
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("silhouette", overlap / heldOut.size());
    figures.put("colour", (double) sameColour / heldOut.size());
    return figures;
  }

  private static float[] restore(
      StageA stageA,
      ImageEncoder encoder,
      StageB stageB,
      TextTower text,
      PictureBatches.Batch batch,
      Draws draws,
      int offset) {
    try (Scope scope = Scope.open()) {
      long side = batch.side() / stageA.config().compression();
      long[] shape = {batch.size(), stageB.config().latentChannels(), side, side};
      Tensor maps = encoder.encode(ImageEncoder.prepare(batch.tensor()));
      StageB.Conditioning conditioning =
          stageB.condition(text.encodeFrozen(batch.captions()), maps, side, side);
      long[] drawn = {0};
      AncestralSampler sampler =
          new AncestralSampler(CosineSchedule.STANDARD, Timesteps.evenlySpaced(STEPS));
      Tensor latents =
          sampler.sample(
              normal(draws, drawn, offset, shape),
              () -> normal(draws, drawn, offset, shape),
              (x, level) -> stageB.denoise(x, level, conditioning),
              (step, x, expected) -> {});
      return stageA.decode(latents.times(stageA.config().scale())).clamp(0, 1).toFloats();
    }
  }

  private static Tensor normal(Draws draws, long[] drawn, int offset, long... shape) {
    return draws.normal(Draws.Purpose.NOISE, Long.MAX_VALUE - 1 - drawn[0]++, offset, shape);
  }
}
