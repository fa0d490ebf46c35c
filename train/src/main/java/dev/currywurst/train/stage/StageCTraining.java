package dev.currywurst.train.stage;

import dev.currywurst.lora.Adapters;
import dev.currywurst.lora.LoraDialect;
import dev.currywurst.nn.Checkpointing;
import dev.currywurst.nn.Dropout;
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
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Trains Stage C, alone or with its text tower, on what the frozen image encoder makes of pictures
 * (Pernias et al. 2023, section 3.3).
 */
final class StageCTraining implements Stage {
  /** Noise levels that each held-out picture is judged at. */
  private static final int LEVELS = 8;

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
        new Paintings(result.basis(), objective.noise().schedule(), validation, lessons.draws());
    this.loss = new NoiseLoss(objective.noise());
    this.trained = Trained.of(networks, objective);
    this.learner = new Learner(trained.weights(), lessons.learning());
    this.gradientStep =
        new GradientStep(List.of(learner), Map.of(), lessons.batchSize(), lessons.parts());
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
    return Grad.autocast(
        Device.CPU,
        lessons.dtype(),
        () -> {
          Tensor predicted =
              networks.practising(dropout, () -> predicted(samples, dropout, checkpointing));
          return judgement.loss(predicted, samples.noise(), samples.level());
        });
  }

  private Tensor predicted(
      Samples samples, Dropout dropout, @Nullable Checkpointing checkpointing) {
    StageC stageC = networks.stageC();
    StageC.Conditioning text = stageC.condition(states(samples.captions()));
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
   * The loss on held-out pictures, each at several levels, the same ones every time; and {@link
   * Paintings} of their captions.
   */
  @Override
  public Map<String, Double> evaluate(Path folder) {
    Map<String, Double> figures = new LinkedHashMap<>();
    if (lessons.saved().kind() == Saved.Kind.BOTH && learner.averages()) {
      figures.put("live_loss", heldOutLoss());
    }
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
  public List<String> notices() {
    return List.of(trained.sentence());
  }

  @Override
  public void save(Path modelFolder) {
    inSavedWeights(() -> write(modelFolder, averagedUpdates()));
  }

  /** The count that another training can go on from; 0 where nothing is averaged. */
  private long averagedUpdates() {
    boolean averaged = learner.averages() && lessons.saved().kind() != Saved.Kind.LIVE;
    return averaged ? lessons.learning().average().updatesAfter(learner.updates(lessons.steps())) : 0;
  }

  private void write(Path modelFolder, long averagedUpdates) {
    result.writeStageC(networks, objective, averagedUpdates, lessons.training(), modelFolder);
  }

  @Override
  public Map<String, Consumer<Path>> variants() {
    Map<String, Consumer<Path>> variants = new LinkedHashMap<>();
    if (lessons.saved().kind() == Saved.Kind.BOTH && learner.averages()) {
      variants.put("model-live", folder -> write(folder, 0));
    }
    lessons
        .saved()
        .blend()
        .ifPresent(alpha -> variants.put("model-blend", folder -> writeBlend(folder, alpha)));
    networks
        .adapters()
        .ifPresent(
            adapters ->
                variants.put("lora", folder -> inSavedWeights(() -> write(adapters, folder))));
    return variants;
  }

  /** base + alpha (trained - base), of the weights that {@link #save} writes. */
  private void writeBlend(Path folder, double alpha) {
    inSavedWeights(
        () ->
            trained.blended(
                result.basis(), networks, objective.trainsText(), alpha, () -> write(folder, 0)));
  }

  private void inSavedWeights(Runnable body) {
    if (lessons.saved().kind() == Saved.Kind.LIVE) {
      body.run();
    } else {
      learner.withAveragedWeights(body);
    }
  }

  private void write(Adapters adapters, Path folder) {
    Map<String, String> remarks = Map.of("ss_steps", Long.toString(lessons.steps()));
    for (LoraDialect dialect : objective.lowRank().orElseThrow().dialects()) {
      adapters.save(folder.resolve(LowRankObjective.fileName(dialect)), dialect, remarks);
    }
  }

  @Override
  public void close() {
    lessons.close();
    gradientStep.close();
    loss.close();
    networks.close();
  }
}
