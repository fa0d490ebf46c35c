package dev.currywurst.train.stage;

import dev.currywurst.nn.Dropout;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.Draws;
import dev.currywurst.train.Draws.Purpose;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.wuerstchen.StageC;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains Stage C, alone or with its text tower, on what the frozen image encoder makes of pictures
 * (Pernias et al. 2023, section 3.3).
 */
public final class StageCTraining implements Stage {
  /**
   * What is practised.
   *
   * @param noise levels and weighting
   * @param captionDropped share of samples without a caption, so that guidance has a way without
   * @param trainsText whether the text tower learns too
   */
  public record Objective(NoiseObjective noise, double captionDropped, boolean trainsText) {}

  private final StageC stageC;
  private final TextTower text;
  private final StageCTargets targets;
  private final Objective objective;
  private final Learner learner;
  private final StageRecipe.Pictures pictures;
  private final Draws draws;
  private final DType dtype;

  public StageCTraining(
      StageC stageC,
      TextTower text,
      StageCTargets targets,
      Objective objective,
      Learner.Settings learning,
      StageRecipe.Pictures pictures,
      Draws draws,
      DType dtype) {
    this.stageC = stageC;
    this.text = text;
    this.targets = targets;
    this.objective = objective;
    Map<String, Tensor> trained = new LinkedHashMap<>();
    stageC.parameters().weights().forEach((name, weight) -> trained.put("prior." + name, weight));
    if (objective.trainsText()) {
      text.encoder()
          .parameters()
          .weights()
          .forEach((name, weight) -> trained.put("text_encoder." + name, weight));
    }
    this.learner = new Learner(trained, learning);
    this.pictures = pictures;
    this.draws = draws;
    this.dtype = dtype;
  }

  @Override
  public Learned learn(long step, double learningRate) {
    try (Scope scope = Scope.open();
        Generator dropped = draws.generator(Purpose.DROPOUT, step, 0)) {
      PictureBatches.Batch batch = pictures.training().batch(step);
      Tensor clean = targets.of(batch);
      Tensor level = objective.noise().levels(draws, step, batch.size());
      Tensor noise = draws.normal(Purpose.NOISE, step, 0, clean.shape());
      Tensor noisy = objective.noise().schedule().addNoise(clean, noise, level);
      double[] chance = draws.uniform(Purpose.CAPTION_DROPOUT, step, 0, batch.size());
      List<String> captions =
          TextTower.dropped(batch.captions(), chance, objective.captionDropped());
      learner.begin();
      Tensor loss =
          Grad.autocast(
              Device.CPU,
              dtype,
              () -> {
                Tensor states =
                    objective.trainsText() ? text.encode(captions) : text.encodeFrozen(captions);
                Tensor predicted =
                    stageC.denoise(
                        noisy, level, stageC.condition(states), Dropout.drawing(dropped));
                return objective.noise().loss(predicted, noise, level);
              });
      loss.backward();
      double value = loss.item();
      return new Learned(Map.of("loss", value), learner.update(learningRate, step));
    }
  }

  @Override
  public Map<String, Tensor> state() {
    return learner.state();
  }

  /** The loss on held-out pictures, each at several levels, the same ones every time. */
  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    learner.withAveragedWeights(() -> figures.put("loss", heldOutLoss()));
    return figures;
  }

  private double heldOutLoss() {
    PictureBatches heldOut = pictures.heldOut();
    double sum = 0;
    for (int i = 0; i < heldOut.size(); i++) {
      int sample = i;
      sum += Grad.off(() -> heldOutLoss(heldOut.plain(sample, 1), sample));
    }
    return sum / heldOut.size();
  }

  private double heldOutLoss(PictureBatches.Batch one, int sample) {
    try (Scope scope = Scope.open()) {
      int levels = 8;
      Tensor clean = targets.of(one);
      Tensor repeated = clean.expand(levels, clean.size(1), clean.size(2), clean.size(3));
      float[] at = new float[levels];
      for (int k = 0; k < levels; k++) {
        at[k] = (k + 0.5f) / levels;
      }
      Tensor level = Tensor.of(at, levels);
      // A step that no training reaches, so that these draws are nobody else's.
      Tensor noise =
          draws.normal(Purpose.NOISE, Long.MAX_VALUE, (long) sample * levels, repeated.shape());
      Tensor noisy = objective.noise().schedule().addNoise(repeated, noise, level);
      Tensor states = text.encode(one.captions());
      Tensor predicted = stageC.denoise(noisy, level, stageC.condition(states));
      return objective.noise().loss(predicted, noise, level).item();
    }
  }

  @Override
  public void save(Path modelFolder) {
    learner.withAveragedWeights(() -> StageFolders.saveStageC(stageC, text, targets, modelFolder));
  }

  @Override
  public void close() {
    pictures.training().close();
    pictures.heldOut().close();
    learner.close();
    stageC.close();
    text.close();
    targets.close();
  }
}
