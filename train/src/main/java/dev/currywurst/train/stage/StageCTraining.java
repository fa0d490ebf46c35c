package dev.currywurst.train.stage;

import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Draws.Purpose;
import dev.currywurst.train.random.Part;
import dev.currywurst.wuerstchen.StageC;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains Stage C, alone or with its text tower, on what the frozen image encoder makes of pictures
 * (Pernias et al. 2023, section 3.3).
 */
final class StageCTraining implements Stage {
  /** Noise levels that each held-out picture is judged at. */
  private static final int LEVELS = 8;

  /**
   * What is practised.
   *
   * @param noise levels and weighting
   * @param captionDropped share of samples without a caption, so that guidance has a way without
   * @param trainsText whether the text tower learns too
   */
  record Objective(NoiseObjective noise, double captionDropped, boolean trainsText) {}

  /**
   * The networks; the image encoder in {@code targets} is frozen.
   *
   * @param scale of the targets
   */
  record Networks(StageC stageC, TextTower text, StageCTargets targets, StageCTargets.Scale scale)
      implements AutoCloseable {
    @Override
    public void close() {
      stageC.close();
      text.close();
      targets.close();
    }
  }

  private final Networks networks;
  private final Objective objective;
  private final Learner learner;
  private final GradientStep gradientStep;
  private final Lessons lessons;
  private final ModelResult result;
  private final Paintings paintings;

  StageCTraining(
      Networks networks,
      Objective objective,
      Paintings.Settings validation,
      Lessons lessons,
      ModelResult result) {
    this.networks = networks;
    this.objective = objective;
    this.lessons = lessons;
    this.result = result;
    this.paintings =
        new Paintings(result.basis(), objective.noise().schedule(), validation, lessons.draws());
    Map<String, Tensor> trained = new LinkedHashMap<>();
    networks.stageC().parameters().weights().forEach((n, w) -> trained.put("prior." + n, w));
    if (objective.trainsText()) {
      Map<String, Tensor> weights = networks.text().encoder().parameters().weights();
      weights.forEach((name, weight) -> trained.put("text_encoder." + name, weight));
    }
    this.learner = new Learner(trained, lessons.learning());
    this.gradientStep =
        new GradientStep(List.of(learner), Map.of(), lessons.batchSize(), lessons.parts());
  }

  @Override
  public Learned learn(long step, double learningRate) {
    return gradientStep.learn(step, learningRate, (part, figures) -> loss(part));
  }

  private Tensor loss(Part part) {
    Draws draws = lessons.draws();
    Batch batch = lessons.training().batch(part);
    Tensor clean = networks.targets().of(batch, networks.scale());
    Tensor level = objective.noise().levels(draws, part);
    Tensor noise = draws.normal(Purpose.NOISE, part, clean.size(1), clean.size(2), clean.size(3));
    Tensor noisy = objective.noise().schedule().addNoise(clean, noise, level);
    List<String> captions =
        TextTower.dropped(batch.captions(), draws, part, objective.captionDropped());
    try (SampleDropout dropout = new SampleDropout(draws, part)) {
      return Grad.autocast(
          Device.CPU,
          lessons.dtype(),
          () -> {
            StageC stageC = networks.stageC();
            StageC.Conditioning text = stageC.condition(states(captions));
            Tensor predicted = stageC.denoise(noisy, stageC.levels(level), text, dropout.random());
            return objective.noise().loss(predicted, noise, level);
          });
    }
  }

  private Tensor states(List<String> captions) {
    return objective.trainsText()
        ? networks.text().encode(captions)
        : networks.text().encodeFrozen(captions);
  }

  @Override
  public Map<String, Tensor> state() {
    return learner.state();
  }

  /**
   * The loss on held-out pictures, each at several levels, the same ones every time; and {@link
   * Paintings} of their captions.
   */
  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    learner.withAveragedWeights(
        () -> {
          figures.put("loss", heldOutLoss());
          paintings.paint(networks, this::states, lessons.heldOut(), folder);
        });
    return figures;
  }

  @Override
  public List<Sample> sample() {
    List<Sample> samples = new ArrayList<>();
    if (paintings.settings().requirePainting()) {
      samples.addAll(sample("live"));
      if (learner.averages()) {
        learner.withAveragedWeights(() -> samples.addAll(sample("EMA")));
      }
    }
    return samples;
  }

  private List<Sample> sample(String weights) {
    int together = lessons.heldOut().together();
    return paintings.sample(networks, this::states, result.resolution(), together, weights);
  }

  private double heldOutLoss() {
    PictureBatches heldOut = lessons.heldOut();
    double sum = 0;
    for (int i = 0; i < heldOut.size(); i++) {
      int sample = i;
      sum += Grad.off(() -> heldOutLoss(heldOut.plain(sample, 1), sample));
    }
    return sum / heldOut.size();
  }

  private double heldOutLoss(Batch one, int sample) {
    try (Scope scope = Scope.open()) {
      Tensor clean = networks.targets().of(one, networks.scale());
      Tensor repeated = clean.expand(LEVELS, clean.size(1), clean.size(2), clean.size(3));
      float[] at = new float[LEVELS];
      for (int k = 0; k < LEVELS; k++) {
        at[k] = (k + 0.5f) / LEVELS;
      }
      Tensor level = Tensor.of(at, LEVELS);
      Part part = new Part(0, (long) sample * LEVELS, LEVELS);
      Tensor noise =
          lessons
              .draws()
              .normal(Purpose.EVALUATION, part, clean.size(1), clean.size(2), clean.size(3));
      Tensor noisy = objective.noise().schedule().addNoise(repeated, noise, level);
      StageC stageC = networks.stageC();
      Tensor predicted =
          stageC.denoise(noisy, stageC.levels(level), stageC.condition(states(one.captions())));
      return objective.noise().loss(predicted, noise, level).item();
    }
  }

  @Override
  public void save(Path modelFolder) {
    learner.withAveragedWeights(
        () -> result.writeStageC(networks, objective, lessons.training(), modelFolder));
  }

  @Override
  public void close() {
    lessons.close();
    gradientStep.close();
    networks.close();
  }
}
