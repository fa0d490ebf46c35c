package dev.currywurst.train.stage;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.Image;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.judge.ColourJudge;
import dev.currywurst.train.judge.Silhouette;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageB;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How well pictures come back from their Stage C latents, through Stages B and A. */
record Restoration(
    StageBTraining.Networks networks,
    CosineSchedule schedule,
    Restoration.Settings settings,
    Draws draws) {
  private static final int BATCH = 16;
  private static final int SHOWN = 48;

  /** How Stage B paints what is judged; the weights that come out do not depend on it. */
  record Settings(int steps, Guidance guidance) {}

  /**
   * Figures over the held-out pictures: "silhouette", the mean overlap of what is drawn, and
   * "colour", the share whose main colour is still the same.
   */
  Map<String, Double> of(PictureBatches heldOut, Path folder) {
    PairSheet sheet = new PairSheet(SHOWN, 6);
    double overlap = 0;
    int sameColour = 0;
    for (int first = 0; first < heldOut.size(); first += BATCH) {
      int offset = first;
      Batch batch = heldOut.plain(first, Math.min(BATCH, heldOut.size() - first)).made();
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

  private float[] restore(Batch batch, int offset) {
    try (Scope scope = Scope.open()) {
      StageA stageA = networks.stageA();
      StageB stageB = networks.stageB();
      long side = batch.side() / stageA.config().compression();
      long[] shape = {stageB.config().latentChannels(), side, side};
      StageB.Conditioning conditioning = condition(batch, side);
      Noise noise = new Noise(draws, offset, batch.size(), shape);
      AncestralSampler sampler =
          new AncestralSampler(schedule, Timesteps.evenlySpaced(settings.steps()));
      NoiseLevels levels = stageB.levels(sampler.levels());
      Guidance guidance = settings.guidance();
      Tensor latents =
          sampler.sample(
              noise.next(),
              noise::next,
              (x, step) -> {
                Tensor predicted = stageB.denoise(x, levels.at(step), conditioning);
                return guidance.isOn() ? guidance.apply(predicted) : predicted;
              },
              (step, x, expected) -> {});
      return stageA.decode(latents.times(stageA.config().scale())).clamp(0, 1).toFloats();
    }
  }

  /** As in generation: under guidance, no picture and no caption follow. */
  private StageB.Conditioning condition(Batch batch, long side) {
    Tensor maps = networks.encoder().encode(ImageEncoder.prepare(batch.tensor()));
    List<String> captions = new ArrayList<>(batch.captions());
    if (settings.guidance().isOn()) {
      maps = Tensor.cat(List.of(maps, maps.times(0)), 0);
      captions.addAll(Collections.nCopies(batch.size(), ""));
    }
    Tensor text = networks.text().encodeFrozen(captions);
    return networks.stageB().condition(text, maps, side, side);
  }

  /** The same noise for a picture at every evaluation, so that figures can be compared. */
  private static final class Noise {
    private final Draws draws;
    private final int first;
    private final int size;
    private final long[] shape;
    private long drawn;

    Noise(Draws draws, int first, int size, long... shape) {
      this.draws = draws;
      this.first = first;
      this.size = size;
      this.shape = shape;
    }

    Tensor next() {
      return draws.normal(Draws.Purpose.EVALUATION, new Part(drawn++, first, size), shape);
    }
  }
}
