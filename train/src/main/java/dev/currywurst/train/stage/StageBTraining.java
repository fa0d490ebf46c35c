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
 * <p>No script for version 2 was published. From version 1's: the encoder trains along, its maps
 * are dropped in 5 % of the samples and noised in 30 % of the others, captions are dropped in 5 %.
 * The latents are Stage A's, unquantised, as in Stable Cascade's trainer; noise levels and
 * weighting are Stage C's.
 */
public final class StageBTraining implements Stage {
  /**
   * What is practised.
   *
   * @param noise levels and weighting
   * @param mapDropped share of samples without a map
   * @param mapNoised share of the others whose map is noised
   * @param mapNoiseLevel the highest level of that noise
   * @param captionDropped share of samples without a caption
   */
  public record Objective(
      NoiseObjective noise,
      double mapDropped,
      double mapNoised,
      double mapNoiseLevel,
      double captionDropped) {}

  private final StageA stageA;
  private final ImageEncoder encoder;
  private final StageB stageB;
  private final TextTower text;
  private final Objective objective;
  private final Learner learner;
  private final PictureBatches training;
  private final PictureBatches heldOut;
  private final Draws draws;
  private final DType dtype;

  public StageBTraining(
      StageA stageA,
      ImageEncoder encoder,
      StageB stageB,
      TextTower text,
      Objective objective,
      Learner.Settings learning,
      StageRecipe.Pictures pictures,
      Draws draws,
      DType dtype) {
    this.stageA = stageA;
    this.encoder = encoder;
    this.stageB = stageB;
    this.text = text;
    this.objective = objective;
    Map<String, Tensor> trained = new LinkedHashMap<>();
    stageB.parameters().weights().forEach((name, weight) -> trained.put("decoder." + name, weight));
    encoder
        .parameters()
        .weights()
        .forEach((name, weight) -> trained.put("image_encoder." + name, weight));
    this.learner = new Learner(trained, learning);
    this.training = pictures.training();
    this.heldOut = pictures.heldOut();
    this.draws = draws;
    this.dtype = dtype;
  }

  @Override
  public Learned learn(long step, double learningRate) {
    try (Scope scope = Scope.open();
        Generator dropped = draws.generator(Purpose.DROPOUT, step, 0)) {
      PictureBatches.Batch batch = training.batch(step);
      Tensor pictures = batch.tensor();
      Tensor clean = latents(pictures);
      Tensor level = objective.noise().levels(draws, step, batch.size());
      Tensor noise = draws.normal(Purpose.NOISE, step, 0, clean.shape());
      Tensor noisy = objective.noise().schedule().addNoise(clean, noise, level);
      double[] captions = draws.uniform(Purpose.CAPTION_DROPOUT, step, 0, batch.size());
      Tensor states =
          text.encodeFrozen(
              TextTower.dropped(batch.captions(), captions, objective.captionDropped()));
      learner.begin();
      Dropout random = Dropout.drawing(dropped);
      Tensor loss =
          Grad.autocast(
              Device.CPU,
              dtype,
              () -> {
                Tensor maps = encoder.encode(ImageEncoder.prepare(pictures), true, random);
                StageB.Conditioning conditioning =
                    stageB.condition(states, disturbed(step, maps), noisy.size(2), noisy.size(3));
                Tensor predicted = stageB.denoise(noisy, level, conditioning, random);
                return objective.noise().loss(predicted, noise, level);
              });
      loss.backward();
      double value = loss.item();
      return new Learned(Map.of("loss", value), learner.update(learningRate, step));
    }
  }

  /** What Stage B works on: Stage A's latents with a deviation of about 1. */
  private Tensor latents(Tensor pictures) {
    return Grad.off(
        () -> Scope.tidy(() -> stageA.encode(pictures).dividedBy(stageA.config().scale())));
  }

  /** Maps as Stage C might make them: some missing, some imprecise. */
  private Tensor disturbed(long step, Tensor maps) {
    return Scope.tidy(
        () -> {
          int batch = (int) maps.size(0);
          float[] kept = new float[batch];
          float[] level = new float[batch];
          for (int i = 0; i < batch; i++) {
            var random = draws.random(Purpose.CONDITION_NOISE, step, i);
            boolean dropped = random.nextDouble() < objective.mapDropped();
            boolean noised = random.nextDouble() < objective.mapNoised();
            double drawn = random.nextDouble() * objective.mapNoiseLevel();
            kept[i] = dropped ? 0 : 1;
            level[i] = noised ? (float) drawn : 0;
          }
          // Far from the streams of single samples' noise: the high half of the numbers.
          Tensor noise = draws.normal(Purpose.CONDITION_NOISE, step, 1L << 32, maps.shape());
          Tensor signal = objective.noise().schedule().signal(Tensor.of(level, batch));
          // Level 0 means untouched, not the schedule's 0.9999.
          Tensor untouched = Tensor.of(level, batch).greaterThan(0);
          Tensor share =
              untouched.choose(signal, Tensor.full(1, DType.FLOAT32, 1)).reshape(-1, 1, 1, 1);
          Tensor noised = maps.times(share.sqrt()).plus(noise.times(share.negate().plus(1).sqrt()));
          return noised.times(Tensor.of(kept, batch, 1, 1, 1));
        });
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(learner.state());
    encoder
        .parameters()
        .buffers()
        .forEach((name, tensor) -> state.put("image_encoder." + name, tensor));
    return state;
  }

  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    learner.withAveragedWeights(
        () ->
            figures.putAll(Restoration.of(stageA, encoder, stageB, text, heldOut, draws, folder)));
    return figures;
  }

  @Override
  public void save(Path modelFolder) {
    learner.withAveragedWeights(
        () -> StageFolders.saveStageB(stageA, encoder, stageB, text, modelFolder));
  }

  /** The parts that are not trained, for messages and tests. */
  List<String> frozen() {
    return List.of("vqgan", "text_encoder");
  }

  @Override
  public void close() {
    training.close();
    heldOut.close();
    learner.close();
    stageA.close();
    encoder.close();
    stageB.close();
    text.close();
  }
}
