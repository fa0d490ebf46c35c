package dev.currywurst.train.stage;

import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trains Stage A, a VQGAN (Esser et al. 2021 in the small form of Paella, Rampas et al. 2022).
 *
 * <p>No script for it was published. From the code that was: encoder outputs are normalised by a
 * batch norm before the codebook, the codebook loss is mean squared with 0.25 of commitment, and
 * the discriminator is {@link Discriminator}. Weights and schedule are ours. By default there is no
 * discriminator, which makes it an autoencoder with a codebook rather than a VQGAN.
 */
final class StageATraining implements Stage {
  /**
   * What is minimised. With the defaults (0.5, 0.1, 0.1 and no discriminator) a Stage A of width 64
   * came to 31.4 dB on held-out drawings of 128 pixels, and 28.4 dB on what is drawn in them, after
   * 1,600 steps.
   *
   * @param absoluteError weight of |x - x̂| beside the squared error's 1
   * @param quantizedShare of the samples that are decoded from codebook rows. Generation decodes
   *     latents as they are, so most samples practise that.
   * @param latentNoise the most noise on the latents that the decoder practises with, as a
   *     deviation; those of the latents are about 1. How much is drawn for each sample. It teaches
   *     the decoder to forgive what Stage B gets wrong.
   * @param codebook weight of the codebook loss
   * @param adversarial weight of the discriminator's opinion; 0 trains no discriminator
   * @param adversarialFrom the step from which it counts
   * @param trainsEncoder whether what makes latents learns too: the encoder, its batch norm and the
   *     codebook. Where it does not, only the decoder learns, and a Stage B that was trained on
   *     these latents keeps its use; {@code codebook} counts for nothing then.
   */
  record Objective(
      double absoluteError,
      double quantizedShare,
      double latentNoise,
      double codebook,
      double adversarial,
      long adversarialFrom,
      boolean trainsEncoder) {}

  /**
   * The networks.
   *
   * @param stageA what is trained
   * @param discriminator its opponent, if there is one
   * @param keepsScale whether Stage A's {@code scale_factor} stays; otherwise it is measured at the
   *     end, so that Stage B works on latents with a deviation of 1
   */
  record Networks(StageA stageA, @Nullable Discriminator discriminator, boolean keepsScale)
      implements AutoCloseable {
    @Override
    public void close() {
      stageA.close();
      if (discriminator != null) {
        discriminator.close();
      }
    }
  }

  private static final double COMMITMENT = 0.25;

  /** Pictures that the deviation of latents is measured on. */
  private static final int MEASURED = 256;

  private final Networks networks;
  private final StageA network;
  private final @Nullable Discriminator discriminator;
  private final Objective objective;
  private final Learner learner;
  private final @Nullable Learner opponent;
  private final GradientStep gradientStep;
  private final AveragedNetwork averaged;
  private final Lessons lessons;
  private final ModelResult result;

  StageATraining(Networks networks, Objective objective, Lessons lessons, ModelResult result) {
    this.result = result;
    this.networks = networks;
    this.network = networks.stageA();
    this.discriminator = networks.discriminator();
    this.objective = objective;
    this.lessons = lessons;
    this.learner =
        new Learner(
            objective.trainsEncoder() ? network.parameters().weights() : network.decoderWeights(),
            lessons.learning());
    List<Learner> learners = new ArrayList<>(List.of(learner));
    if (discriminator == null) {
      this.opponent = null;
    } else {
      this.opponent = new Learner(discriminator.parameters().weights(), lessons.learning());
      learners.add(opponent);
    }
    this.gradientStep = new GradientStep(learners, buffers(), lessons.batchSize(), lessons.parts());
    this.averaged =
        new AveragedNetwork(
            learner,
            objective.trainsEncoder() ? network.parameters().buffers() : Map.of(),
            lessons.training().size(),
            lessons.batchSize(),
            part -> network.encode(lessons.training().batch(part).tensor(), true));
  }

  private Map<String, Tensor> buffers() {
    Map<String, Tensor> buffers = new LinkedHashMap<>();
    network.parameters().buffers().forEach((name, b) -> buffers.put("vqgan." + name, b));
    if (discriminator != null) {
      discriminator
          .parameters()
          .buffers()
          .forEach((name, b) -> buffers.put("discriminator." + name, b));
    }
    return buffers;
  }

  @Override
  public Learned learn(long step, double learningRate) {
    return gradientStep.learn(step, learningRate, this::loss);
  }

  private Tensor loss(Part part, Map<String, Double> figures) {
    Tensor pictures = lessons.training().readyBatch(part).tensor();
    return Grad.autocast(Device.CPU, lessons.dtype(), () -> loss(part, pictures, figures));
  }

  private Tensor loss(Part part, Tensor pictures, Map<String, Double> figures) {
    Tensor latents = latents(pictures);
    Tensor codes = network.nearestCodes(latents.detach());
    Tensor rows = network.lookUp(codes, latents.shape());
    // Straight through: the decoder sees codebook rows, the gradient goes to the encoder.
    Tensor quantized = latents.plus(rows.minus(latents).detach());
    Tensor decoded =
        network.decode(noised(part, mixed(part, quantized, latents))).to(DType.FLOAT32);
    Tensor difference = decoded.minus(pictures);
    Tensor squared = difference.square().mean();
    figures.put("squared_error", squared.item());
    Tensor loss = squared.plus(difference.abs().mean().times(objective.absoluteError()));
    if (objective.trainsEncoder()) {
      Tensor codebook =
          rows.minus(latents.detach())
              .square()
              .mean()
              .plus(latents.minus(rows.detach()).square().mean().times(COMMITMENT));
      figures.put("codebook", codebook.item());
      loss = loss.plus(codebook.times(objective.codebook()));
    }
    return discriminator == null
        ? loss
        : withOpponent(discriminator, part, pictures, decoded, loss, figures);
  }

  private Tensor latents(Tensor pictures) {
    Tensor latents =
        objective.trainsEncoder()
            ? network.encode(pictures, true)
            : Grad.off(() -> network.encode(pictures));
    return latents.to(DType.FLOAT32);
  }

  /** Some samples from codebook rows, the others from the latents as they are. */
  private Tensor mixed(Part part, Tensor quantized, Tensor latents) {
    double[] choice = lessons.draws().uniform(Draws.Purpose.QUANTIZATION, part);
    float[] chosen = new float[choice.length];
    for (int i = 0; i < choice.length; i++) {
      chosen[i] = choice[i] < objective.quantizedShare() ? 1 : 0;
    }
    Tensor share = Tensor.of(chosen, choice.length, 1, 1, 1);
    return latents.plus(quantized.minus(latents).times(share));
  }

  private Tensor noised(Part part, Tensor latents) {
    if (objective.latentNoise() == 0) {
      return latents;
    }
    Draws draws = lessons.draws();
    double[] choice = draws.uniform(Draws.Purpose.LATENT_NOISE_LEVEL, part);
    float[] deviation = new float[choice.length];
    for (int i = 0; i < choice.length; i++) {
      deviation[i] = (float) (choice[i] * objective.latentNoise());
    }
    Tensor noise =
        draws.normal(
            Draws.Purpose.LATENT_NOISE, part, latents.size(1), latents.size(2), latents.size(3));
    return latents.plus(noise.times(Tensor.of(deviation, choice.length, 1, 1, 1)));
  }

  /**
   * Adds the discriminator's opinion of restored pictures to Stage A's loss, and its own loss. One
   * sum serves both: each is cut off from the other's weights.
   */
  private Tensor withOpponent(
      Discriminator network,
      Part part,
      Tensor pictures,
      Tensor restored,
      Tensor loss,
      Map<String, Double> figures) {
    Tensor own = loss;
    if (part.step() >= objective.adversarialFrom()) {
      Tensor opinion =
          network.withoutLearning(
              () -> Functional.softplus(network.judge(restored).negate()).mean());
      figures.put("adversarial", opinion.item());
      own = own.plus(opinion.times(objective.adversarial()));
    }
    figures.put("loss", own.item());
    Tensor mistakes =
        Functional.softplus(network.judge(pictures).negate())
            .mean()
            .plus(Functional.softplus(network.judge(restored.detach())).mean())
            .times(0.5);
    figures.put("discriminator", mistakes.item());
    return own.plus(mistakes);
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    learner.state().forEach((name, tensor) -> state.put("vqgan." + name, tensor));
    if (opponent != null) {
      opponent.state().forEach((name, tensor) -> state.put("discriminator." + name, tensor));
    }
    buffers().forEach((name, tensor) -> state.put("buffer." + name, tensor));
    return state;
  }

  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    averaged.show(
        () ->
            figures.putAll(
                Reconstruction.of(network, lessons.heldOut(), folder, lessons.stopping())));
    return figures;
  }

  @Override
  public void save(Path modelFolder) {
    averaged.show(
        () -> {
          StageAConfig config = network.config();
          double scale =
              networks.keepsScale() ? config.scale() : latentDeviation(network, lessons.training());
          result.writeStageA(
              network, scaled(config, scale), !objective.trainsEncoder(), modelFolder);
        });
  }

  private static StageAConfig scaled(StageAConfig c, double scale) {
    return new StageAConfig(
        c.pictureChannels(),
        c.patchSize(),
        c.levels(),
        c.bottleneckBlocks(),
        c.width(),
        c.latentChannels(),
        c.codes(),
        scale);
  }

  private static double latentDeviation(StageA network, PictureBatches training) {
    Moments moments = new Moments();
    for (int i = 0; i < Math.min(MEASURED, training.size()); i++) {
      int sample = i;
      moments.add(
          Grad.off(
              () -> {
                try (Scope scope = Scope.open()) {
                  return network.encode(training.plain(sample, 1).tensor()).toFloats();
                }
              }));
    }
    return moments.deviation();
  }

  @Override
  public void close() {
    lessons.close();
    averaged.close();
    gradientStep.close();
    networks.close();
  }
}
