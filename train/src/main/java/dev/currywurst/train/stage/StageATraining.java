package dev.currywurst.train.stage;

import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.Draws;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.wuerstchen.StageA;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trains Stage A, a VQGAN (Esser et al. 2021 in the small form of Paella, Rampas et al. 2022).
 *
 * <p>No script for it was published. From the code that was: encoder outputs are normalised by a
 * batch norm before the codebook, the codebook loss is mean squared with 0.25 of commitment, and
 * the discriminator is {@link Discriminator}. Weights and schedule are ours.
 */
public final class StageATraining implements Stage {
  /**
   * What is minimised.
   *
   * @param absoluteError weight of |x - x̂| beside the squared error's 1
   * @param quantizedShare of the samples that are decoded from codebook rows; generation decodes
   *     latents as they are, so both are practised
   * @param codebook weight of the codebook loss
   * @param adversarial weight of the discriminator's opinion; 0 trains no discriminator
   * @param adversarialFrom the step from which it counts
   */
  public record Objective(
      double absoluteError,
      double quantizedShare,
      double codebook,
      double adversarial,
      long adversarialFrom) {}

  private static final double COMMITMENT = 0.25;

  private final StageA network;
  private final Objective objective;
  private final Learner learner;
  private final @Nullable Discriminator discriminator;
  private final @Nullable Learner discriminatorLearner;
  private final PictureBatches training;
  private final PictureBatches heldOut;
  private final Draws draws;
  private final DType dtype;

  public StageATraining(
      StageA network,
      @Nullable Discriminator discriminator,
      Objective objective,
      Learner.Settings learning,
      PictureBatches training,
      PictureBatches heldOut,
      Draws draws,
      DType dtype) {
    this.network = network;
    this.objective = objective;
    this.learner = new Learner(network.parameters().weights(), learning);
    this.discriminator = discriminator;
    this.discriminatorLearner =
        discriminator == null ? null : new Learner(discriminator.parameters().weights(), learning);
    this.training = training;
    this.heldOut = heldOut;
    this.draws = draws;
    this.dtype = dtype;
  }

  @Override
  public Learned learn(long step, double learningRate) {
    try (Scope scope = Scope.open()) {
      Tensor pictures = training.batch(step).tensor();
      learner.begin();
      Map<String, Double> losses = new LinkedHashMap<>();
      Tensor[] restored = new Tensor[1];
      Tensor loss = Grad.autocast(Device.CPU, dtype, () -> loss(step, pictures, losses, restored));
      loss.backward();
      losses.put("loss", loss.item());
      double norm = learner.update(learningRate, step);
      if (discriminator != null && discriminatorLearner != null) {
        losses.put("discriminator", judge(step, learningRate, pictures, restored[0].detach()));
      }
      return new Learned(losses, norm);
    }
  }

  private Tensor loss(
      long step, Tensor pictures, Map<String, Double> losses, Tensor[] restoredOut) {
    Tensor latents = network.encode(pictures, true).to(DType.FLOAT32);
    Tensor codes = network.nearestCodes(latents.detach());
    Tensor rows = network.lookUp(codes, latents.shape());
    Tensor codebook =
        rows.minus(latents.detach())
            .square()
            .mean()
            .plus(latents.minus(rows.detach()).square().mean().times(COMMITMENT));
    // Straight through: the decoder sees codebook rows, the gradient goes to the encoder.
    Tensor quantized = latents.plus(rows.minus(latents).detach());
    Tensor decoded = network.decode(mixed(step, quantized, latents)).to(DType.FLOAT32);
    restoredOut[0] = decoded;
    Tensor difference = decoded.minus(pictures);
    Tensor squared = difference.square().mean();
    losses.put("squared_error", squared.item());
    losses.put("codebook", codebook.item());
    Tensor loss =
        squared
            .plus(difference.abs().mean().times(objective.absoluteError()))
            .plus(codebook.times(objective.codebook()));
    if (discriminator != null && step >= objective.adversarialFrom()) {
      Tensor opinion = Functional.softplus(discriminator.judge(decoded).negate()).mean();
      losses.put("adversarial", opinion.item());
      loss = loss.plus(opinion.times(objective.adversarial()));
    }
    return loss;
  }

  private Tensor mixed(long step, Tensor quantized, Tensor latents) {
    int batch = (int) latents.size(0);
    double[] choice = draws.uniform(Draws.Purpose.QUANTIZATION, step, 0, batch);
    float[] chosen = new float[batch];
    for (int i = 0; i < batch; i++) {
      chosen[i] = choice[i] < objective.quantizedShare() ? 1 : 0;
    }
    Tensor share = Tensor.of(chosen, batch, 1, 1, 1);
    return latents.plus(quantized.minus(latents).times(share));
  }

  /** Teaches the discriminator to tell pictures from restored ones. */
  private double judge(long step, double learningRate, Tensor pictures, Tensor restored) {
    Discriminator judge = java.util.Objects.requireNonNull(discriminator);
    Learner judgeLearner = java.util.Objects.requireNonNull(discriminatorLearner);
    judgeLearner.begin();
    Tensor loss =
        Grad.autocast(
            Device.CPU,
            dtype,
            () ->
                Functional.softplus(judge.judge(pictures).negate())
                    .mean()
                    .plus(Functional.softplus(judge.judge(restored)).mean())
                    .times(0.5));
    loss.backward();
    judgeLearner.update(learningRate, step);
    return loss.item();
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    learner.state().forEach((name, tensor) -> state.put("vqgan." + name, tensor));
    network.parameters().buffers().forEach((name, tensor) -> state.put("vqgan." + name, tensor));
    if (discriminator != null && discriminatorLearner != null) {
      discriminatorLearner
          .state()
          .forEach((name, tensor) -> state.put("discriminator." + name, tensor));
      discriminator
          .parameters()
          .buffers()
          .forEach((name, tensor) -> state.put("discriminator." + name, tensor));
    }
    return state;
  }

  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    learner.withAveragedWeights(() -> figures.putAll(Reconstruction.of(network, heldOut, folder)));
    return figures;
  }

  @Override
  public void save(Path modelFolder) {
    learner.withAveragedWeights(() -> StageFolders.saveStageA(network, training, modelFolder));
  }

  @Override
  public void close() {
    training.close();
    heldOut.close();
    learner.close();
    network.close();
    if (discriminator != null && discriminatorLearner != null) {
      discriminatorLearner.close();
      discriminator.close();
    }
  }
}
