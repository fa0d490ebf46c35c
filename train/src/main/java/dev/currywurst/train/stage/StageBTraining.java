package dev.currywurst.train.stage;

import dev.currywurst.nn.Dropout;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Draws.Purpose;
import dev.currywurst.train.random.Part;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageB;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains Stage B together with the image encoder that conditions it: the encoder learns what Stage
 * B needs to know of a picture, which then is what Stage C has to make.
 *
 * <p>Where the model has no text tower for Stage B, a fresh one is drawn and stays as it is: its
 * states tell captions apart, which is all that a stage needs that paints what the maps say.
 *
 * <p>No script for version 2 was published. From version 1's: the encoder trains along, its maps
 * are dropped in 5 % of the samples and noised in 30 % of the others, captions are dropped in 5 %.
 * The latents are Stage A's, unquantised, as in Stable Cascade's trainer; noise levels and
 * weighting are Stage C's.
 */
final class StageBTraining implements Stage {
  /**
   * What is practised.
   *
   * @param noise levels and weighting
   * @param mapDropped share of samples without a map
   * @param mapNoised share of the others whose map is noised
   * @param mapNoiseLevel the highest level of that noise
   * @param captionDropped share of samples without a caption
   * @param trainsEncoder whether the image encoder learns too. Where it does, a Stage C that was
   *     trained before no longer fits.
   */
  record Objective(
      NoiseObjective noise,
      double mapDropped,
      double mapNoised,
      double mapNoiseLevel,
      double captionDropped,
      boolean trainsEncoder) {}

  /** The networks; Stage A and the text tower are frozen. */
  record Networks(StageA stageA, ImageEncoder encoder, StageB stageB, TextTower text)
      implements AutoCloseable {
    @Override
    public void close() {
      stageA.close();
      encoder.close();
      stageB.close();
      text.close();
    }
  }

  private final Networks networks;
  private final Objective objective;
  private final Decoder.Settings validation;
  private final Learner learner;
  private final NoiseLoss loss;
  private final GradientStep gradientStep;
  private final AveragedNetwork averaged;
  private final Lessons lessons;
  private final KeptFeatures latents;
  private final ModelResult result;

  StageBTraining(
      Networks networks,
      Objective objective,
      Decoder.Settings validation,
      Lessons lessons,
      ModelResult result) {
    this.networks = networks;
    this.objective = objective;
    this.validation = validation;
    this.lessons = lessons;
    this.result = result;
    this.latents =
        result
            .basis()
            .features(
                networks.stageA().config().toString(),
                networks.stageA().parameters(),
                lessons.training().plan());
    Map<String, Tensor> trained = new LinkedHashMap<>();
    networks.stageB().parameters().weights().forEach((n, w) -> trained.put("decoder." + n, w));
    if (objective.trainsEncoder()) {
      Map<String, Tensor> weights = networks.encoder().parameters().weights();
      weights.forEach((name, weight) -> trained.put("image_encoder." + name, weight));
    }
    this.loss = new NoiseLoss(objective.noise());
    this.learner = new Learner(trained, lessons.learning());
    this.gradientStep =
        new GradientStep(List.of(learner), buffers(), lessons.batchSize(), lessons.parts());
    this.averaged =
        new AveragedNetwork(
            learner, buffers(), lessons.training().size(), lessons.batchSize(), this::lookAt);
  }

  @Override
  public void leaveFree(long bytes) {
    latents.leaveFree(bytes);
    networks.text().leaveFree(bytes);
  }

  private void lookAt(Part part) {
    Tensor pictures = lessons.training().batch(part).tensor();
    maps(pictures, dropout(part));
  }

  /** The encoder's running statistics, which move only while it is trained. */
  private Map<String, Tensor> buffers() {
    return objective.trainsEncoder() ? networks.encoder().parameters().buffers() : Map.of();
  }

  @Override
  public Learned learn(long step, double learningRate) {
    Learned learned = gradientStep.learn(step, learningRate, (part, figures) -> loss(part));
    loss.endStep(learned.isFinite());
    return learned;
  }

  private Tensor loss(Part part) {
    Draws draws = lessons.draws();
    Batch batch = lessons.training().readyBatch(part);
    Tensor clean = latents(batch);
    Tensor level = objective.noise().levels(draws, part);
    NoiseObjective.Noise noise =
        objective.noise().noise(draws, part, clean.size(1), clean.size(2), clean.size(3));
    Tensor noisy = objective.noise().schedule().addNoise(clean, noise.shown(), level);
    Tensor states =
        networks
            .text()
            .encodeFrozen(
                TextTower.dropped(batch.captions(), draws, part, objective.captionDropped()));
    Tensor pictures = batch.tensor();
    Dropout dropout = dropout(part);
    return Grad.autocast(
        Device.CPU,
        lessons.dtype(),
        () -> {
          Tensor maps = disturbed(part, maps(pictures, dropout));
          StageB stageB = networks.stageB();
          StageB.Conditioning conditioning =
              stageB.condition(states, maps, noisy.size(2), noisy.size(3));
          Tensor predicted = stageB.denoise(noisy, stageB.levels(level), conditioning, dropout);
          return loss.of(predicted, noise.target(), level);
        });
  }

  private Dropout dropout(Part part) {
    return Dropout.drawing(lessons.draws().keys(Draws.Purpose.DROPOUT, List.of(part)));
  }

  private Tensor maps(Tensor pictures, Dropout random) {
    ImageEncoder encoder = networks.encoder();
    Tensor prepared = ImageEncoder.prepare(pictures);
    return objective.trainsEncoder()
        ? encoder.encode(prepared, true, random)
        : Grad.off(() -> encoder.encode(prepared));
  }

  /** What Stage B works on: Stage A's latents with a deviation of about 1. */
  private Tensor latents(Batch batch) {
    StageA stageA = networks.stageA();
    int compression = stageA.config().compression();
    return Scope.tidy(
        () ->
            latents
                .of(
                    batch.keys(),
                    places -> stageA.encode(batch.tensor(places)),
                    stageA.config().latentChannels(),
                    batch.frame().height() / compression,
                    batch.frame().width() / compression)
                .dividedBy(stageA.config().scale()));
  }

  /** Maps as Stage C might make them: some missing, some imprecise. */
  private Tensor disturbed(Part part, Tensor maps) {
    return Scope.tidy(
        () -> {
          Draws draws = lessons.draws();
          float[] kept = new float[part.size()];
          float[] level = new float[part.size()];
          for (int i = 0; i < part.size(); i++) {
            var random = draws.random(Purpose.CONDITION_CHOICE, part.step(), part.first() + i);
            boolean dropped = random.nextDouble() < objective.mapDropped();
            boolean noised = random.nextDouble() < objective.mapNoised();
            double drawn = random.nextDouble() * objective.mapNoiseLevel();
            kept[i] = dropped ? 0 : 1;
            level[i] = noised ? (float) drawn : 0;
          }
          Tensor noise =
              draws.normal(Purpose.CONDITION_NOISE, part, maps.size(1), maps.size(2), maps.size(3));
          Tensor levels = Tensor.of(level, part.size());
          // Level 0 means untouched, not the schedule's 0.9999.
          Tensor signal =
              levels
                  .greaterThan(0)
                  .choose(
                      objective.noise().schedule().signal(levels), Tensor.full(1, DType.FLOAT32, 1))
                  .reshape(-1, 1, 1, 1);
          Tensor noised =
              maps.times(signal.sqrt()).plus(noise.times(signal.negate().plus(1).sqrt()));
          return noised.times(Tensor.of(kept, part.size(), 1, 1, 1));
        });
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(learner.state());
    state.putAll(loss.state());
    buffers().forEach((name, tensor) -> state.put("buffer.image_encoder." + name, tensor));
    return state;
  }

  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    Decoder decoder =
        new Decoder(
            networks.stageA(),
            networks.stageB(),
            networks.text(),
            objective.noise().schedule(),
            validation,
            lessons.stopping());
    Restoration restoration = new Restoration(networks.encoder(), decoder, lessons.draws());
    averaged.show(() -> figures.putAll(restoration.of(lessons.heldOut(), folder)));
    return figures;
  }

  @Override
  public void save(Path modelFolder) {
    averaged.show(() -> result.writeStageB(networks, objective, modelFolder));
  }

  @Override
  public void close() {
    lessons.close();
    averaged.close();
    gradientStep.close();
    loss.close();
    networks.close();
  }
}
