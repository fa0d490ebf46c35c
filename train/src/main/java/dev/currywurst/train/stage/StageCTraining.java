package dev.currywurst.train.stage;

import dev.currywurst.lora.Adapters;
import dev.currywurst.nn.Checkpointing;
import dev.currywurst.nn.Dropout;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import dev.currywurst.wuerstchen.StageC;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains Stage C, alone or with its text tower, on what the frozen image encoder makes of pictures
 * (Pernias et al. 2023, section 3.3).
 */
final class StageCTraining implements Stage {
  /** Class pictures draw what samples of a step would that lie beyond all others. */
  private static final long CLASS_SAMPLES = 1L << 40;

  /**
   * What is practised.
   *
   * @param noise levels and weighting
   * @param captionDropped share of samples without a caption, so that guidance has a way without
   * @param selection of the weights that learn
   * @param trainsText whether some of the text tower's are among them
   * @param preservation of what the model knows of a class
   * @param lowRank to learn additions beside what is selected, and not that itself
   */
  record Objective(
      NoiseObjective noise,
      double captionDropped,
      Selection selection,
      boolean trainsText,
      Optional<Preservation> preservation,
      Optional<LowRankObjective> lowRank) {}

  /**
   * The networks; the image encoder in {@code targets} is frozen.
   *
   * @param scale of the targets
   * @param adapters beside the weights of the others, if a LoRA is trained
   */
  record Networks(
      StageC stageC,
      TextTower text,
      StageCTargets targets,
      StageCTargets.Scale scale,
      Optional<Adapters> adapters)
      implements AutoCloseable {
    @Override
    public void close() {
      stageC.close();
      text.close();
      targets.close();
      adapters.ifPresent(Adapters::close);
    }

    /** A forward pass of training, in which additions too drop some of their inputs. */
    private <T> T practising(Dropout random, Supplier<T> body) {
      return adapters.isPresent() ? adapters.get().withDropout(random, body) : body.get();
    }
  }

  private final Networks networks;
  private final Objective objective;
  private final Trained trained;
  private final Learner learner;
  private final NoiseLoss loss;
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
        new Paintings(
            result.basis(),
            objective.noise().schedule(),
            validation,
            lessons.draws(),
            lessons.stopping());
    this.loss = new NoiseLoss(objective.noise());
    this.trained = Trained.of(networks, objective);
    this.learner = new Learner(trained.weights(), lessons.learning());
    this.gradientStep =
        new GradientStep(List.of(learner), Map.of(), lessons.batchSize(), lessons.parts());
  }

  @Override
  public void leaveFree(long bytes) {
    networks.targets().leaveFree(bytes);
    networks.text().leaveFree(bytes);
  }

  /** Where the run sees fewer samples than there are, they are encoded when they come. */
  @Override
  public void prepare(Preparing preparing) {
    long seen = lessons.steps() * lessons.batchSize() * lessons.parts();
    if (seen >= lessons.training().forms()) {
      networks.targets().encodeAll(lessons.training(), preparing);
    }
  }

  @Override
  public Learned learn(long step, double learningRate) {
    GradientStep.Lesson lesson =
        lessons.checkpointing() ? new Recomputed() : (part, figures) -> loss(part, null);
    Learned learned = gradientStep.learn(step, learningRate, lesson);
    loss.endStep(learned.isFinite());
    return learned;
  }

  /** Blocks keep their inputs alone and are computed again on the way back. */
  private final class Recomputed implements GradientStep.Lesson {
    private final Checkpointing blocks = new Checkpointing(lessons.dtype());

    @Override
    public Tensor loss(Part part, Map<String, Double> figures) {
      return StageCTraining.this.loss(part, blocks);
    }

    @Override
    public void backward(Tensor loss) {
      blocks.backward(loss);
    }
  }

  private Tensor loss(Part part, @Nullable Checkpointing checkpointing) {
    Samples samples = samples(part, lessons.training().nextBatch(part));
    if (objective.preservation().isEmpty()) {
      return loss(
          samples, checkpointing, (predicted, noise, level) -> loss.of(predicted, noise, level));
    }
    PictureBatches pictures = lessons.classPictures().orElseThrow();
    Part beside = new Part(part.step(), CLASS_SAMPLES + part.first(), part.size());
    double weight = objective.preservation().get().weight();
    return loss(
        samples.with(samples(beside, pictures.batch(part))),
        checkpointing,
        (predicted, noise, level) -> loss.ofBoth(predicted, noise, level, part.size(), weight));
  }

  /** What goes through the network together. */
  private record Samples(
      List<Part> parts, Tensor noisy, Tensor noise, Tensor level, List<String> captions) {
    Samples with(Samples others) {
      List<Part> both = new ArrayList<>(parts);
      both.addAll(others.parts);
      List<String> texts = new ArrayList<>(captions);
      texts.addAll(others.captions);
      return new Samples(
          both,
          Tensor.cat(List.of(noisy, others.noisy), 0),
          Tensor.cat(List.of(noise, others.noise), 0),
          Tensor.cat(List.of(level, others.level), 0),
          texts);
    }
  }

  private Samples samples(Part part, Batch batch) {
    Draws draws = lessons.draws();
    Tensor clean = networks.targets().of(batch, networks.scale());
    Tensor level = objective.noise().levels(draws, part);
    NoiseObjective.Noise noise =
        objective.noise().noise(draws, part, clean.size(1), clean.size(2), clean.size(3));
    return new Samples(
        List.of(part),
        objective.noise().schedule().addNoise(clean, noise.shown(), level),
        noise.target(),
        level,
        TextTower.dropped(batch.captions(), draws, part, objective.captionDropped()));
  }

  private interface Judgement {
    Tensor loss(Tensor predicted, Tensor noise, Tensor level);
  }

  private Tensor loss(Samples samples, @Nullable Checkpointing checkpointing, Judgement judgement) {
    Dropout dropout = Dropout.drawing(lessons.draws().keys(Draws.Purpose.DROPOUT, samples.parts()));
    // A frozen tower's states are kept, so they are the same whoever asks first: a step in half
    // precision, or an evaluation.
    Optional<Tensor> kept =
        objective.trainsText() ? Optional.empty() : Optional.of(states(samples.captions()));
    return Grad.autocast(
        Device.CPU,
        lessons.dtype(),
        () -> {
          Tensor predicted =
              networks.practising(
                  dropout,
                  () -> {
                    Tensor states = kept.orElseGet(() -> states(samples.captions()));
                    return predicted(samples, states, dropout, checkpointing);
                  });
          return judgement.loss(predicted, samples.noise(), samples.level());
        });
  }

  private Tensor predicted(
      Samples samples, Tensor states, Dropout dropout, @Nullable Checkpointing checkpointing) {
    StageC stageC = networks.stageC();
    StageC.Conditioning text = stageC.condition(states);
    return stageC.denoise(
        samples.noisy(), stageC.levels(samples.level()), text, dropout, checkpointing);
  }

  private Tensor states(List<String> captions) {
    return objective.trainsText()
        ? networks.text().encode(captions)
        : networks.text().encodeFrozen(captions);
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(learner.state());
    state.putAll(loss.state());
    return state;
  }

  /**
   * The {@linkplain HeldOutLoss loss on held-out pictures}, and {@link Paintings} of their
   * captions.
   */
  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    HeldOutLoss heldOut =
        new HeldOutLoss(
            networks, objective.noise(), this::states, lessons.draws(), lessons.stopping());
    if (lessons.saved().kind() == Saved.Kind.BOTH && learner.averages()) {
      figures.put("live_loss", heldOut.of(lessons.heldOut()));
    }
    learner.withAveragedWeights(
        () -> {
          figures.put("loss", heldOut.of(lessons.heldOut()));
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

  @Override
  public List<String> notices() {
    return List.of(trained.sentence());
  }

  @Override
  public void save(Path modelFolder) {
    models().save(modelFolder);
  }

  @Override
  public Map<String, Consumer<Path>> variants() {
    return models().variants();
  }

  private StageCModels models() {
    return new StageCModels(networks, objective, trained, learner, lessons, result);
  }

  @Override
  public void close() {
    lessons.close();
    gradientStep.close();
    loss.close();
    networks.close();
  }
}
