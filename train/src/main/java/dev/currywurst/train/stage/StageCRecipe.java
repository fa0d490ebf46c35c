package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.lora.AdapterSettings;
import dev.currywurst.lora.Adapters;
import dev.currywurst.lora.LoraPart;
import dev.currywurst.nn.LowRank;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelWriter;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Stage C before its training. */
record StageCRecipe(
    NetworkSource source,
    int resolution,
    ImageEncoderConfig encoder,
    StageCConfig size,
    NetworkSource.TowerSize tower,
    StageCTraining.Objective objective,
    Paintings.Settings validation,
    ObjectNode settings)
    implements StageRecipe {
  private static final List<Component> BASIS =
      List.of(
          Component.PRIOR_TOKENIZER,
          Component.PRIOR_TEXT_ENCODER,
          Component.PRIOR,
          Component.IMAGE_ENCODER);

  /** In front of the tower's names, but for files of newer releases of transformers. */
  private static final String TEXT_MODEL = "text_model.";

  static StageCRecipe read(NetworkSource source, int resolution) {
    ModelParts basis = source.basis();
    ImageEncoderConfig encoder =
        ImageEncoderConfig.read(basis.require(Component.IMAGE_ENCODER).config());
    StageCConfig size = source.size(Component.PRIOR, "prior", StageCConfig::read);
    ConfigFile file = source.config().part("objective");
    // A tower that comes with the model knows its words already.
    boolean text =
        file.booleanValue(!basis.has(Component.PRIOR_TEXT_ENCODER), "train_text_encoder");
    Selection selection = selection(file, text);
    StageCTraining.Objective objective =
        new StageCTraining.Objective(
            NoiseObjective.read(file, basis.schedule(Component.PRIOR_SCHEDULER)),
            new BoundedConfig(file).share(0.05, "caption_dropped"),
            selection,
            trainsText(selection, text, basis),
            Preservation.read(file),
            LowRankObjective.read(file));
    file.requireAllKnown();
    Paintings.Settings validation = Paintings.Settings.read(source.config().part("validation"));
    if (size.latentChannels() != encoder.latentChannels()) {
      throw new CurrywurstException(
          "Stage C makes latents of %d channels (c_in) and the image encoder of %d; give both the same."
              .formatted(size.latentChannels(), encoder.latentChannels()));
    }
    requireWholeMap(resolution, encoder);
    if (validation.requirePainting() && !Paintings.possible(basis)) {
      throw new CurrywurstException(
          "The validation's prompts cannot be painted: the model has no Stages B and A; leave them"
              + " out, or give a whole model with --model.");
    }
    if (validation.paints() && Paintings.possible(basis)) {
      requirePaintable(basis, resolution, encoder);
    }
    NetworkSource.TowerSize tower =
        source.towerSize(Component.PRIOR_TEXT_ENCODER, size.textWidth());
    return new StageCRecipe(
        source, resolution, encoder, size, tower, objective, validation, settings(file));
  }

  /** "train" and "freeze": lists of names and patterns. */
  private static Selection selection(ConfigFile file, boolean text) {
    List<String> wanted = new ArrayList<>(file.stringList(List.of("all"), "train"));
    if (text) {
      wanted.add("text");
    }
    return new Selection(wanted, file.stringList(List.of(), "freeze"));
  }

  /** Also checks the names, before anything large is read. */
  private static boolean trainsText(Selection selection, boolean text, ModelParts basis) {
    List<String> tower =
        names(basis, Component.PRIOR_TEXT_ENCODER).stream().map(StageCRecipe::towerName).toList();
    boolean trained = text || selection.selectsAny(tower);
    if (basis.has(Component.PRIOR)) {
      Map<String, String> all = new LinkedHashMap<>();
      priorNames(basis).forEach(name -> all.put(name, name));
      if (trained) {
        tower.forEach(name -> all.put(name, name));
      }
      selection.of(all);
    }
    return trained;
  }

  /** What a selection calls a weight of the text tower. */
  private static String towerName(String name) {
    return Selection.TEXT + (name.startsWith(TEXT_MODEL) ? name : TEXT_MODEL + name);
  }

  private static List<String> priorNames(ModelParts basis) {
    return names(basis, Component.PRIOR).stream().map(name -> Selection.PRIOR + name).toList();
  }

  private static Set<String> names(ModelParts basis, Component component) {
    return basis.has(component)
        ? basis.require(component).weights(DType.FLOAT32).names()
        : Set.of();
  }

  /** As they were read; lists where they stand in the file, so that older runs can go on. */
  private static ObjectNode settings(ConfigFile file) {
    ObjectNode settings = file.effective();
    Preservation.withoutPlace(settings);
    for (String name :
        List.of("train", "freeze", LowRankObjective.TARGETS, LowRankObjective.DIALECTS)) {
      if (file.has(name)) {
        settings.set(name, file.node(name));
      }
    }
    return settings;
  }

  /** Told now and not by the first evaluation, perhaps hours later. */
  private static void requirePaintable(
      ModelParts basis, int resolution, ImageEncoderConfig encoder) {
    StageAConfig stageA = StageAConfig.read(basis.require(Component.VQGAN).config());
    StageBConfig stageB = StageBConfig.read(basis.require(Component.DECODER).config());
    try {
      StageBRecipe.requireFit(resolution, stageA, stageB, encoder);
    } catch (CurrywurstException e) {
      throw new CurrywurstException(
          "Evaluations would paint with the model's own Stages B and A, which do not fit"
              + " (validation.pictures 0 paints nothing): "
              + e.getMessage(),
          e);
    }
  }

  /** The encoder sees three quarters of the pixels, and halves them some times. */
  static void requireWholeMap(int resolution, ImageEncoderConfig encoder) {
    long seen = Math.round(resolution * ImageEncoder.SCALE);
    if (seen != resolution * ImageEncoder.SCALE || seen % encoder.compression() != 0) {
      int multiple = 4 * encoder.compression();
      throw new CurrywurstException(
          "The resolution of %d pixels does not suit the image encoder, which sees three quarters of them and halves them down to one in %d; give a multiple of %d."
              .formatted(
                  resolution,
                  encoder.compression(),
                  encoder.compression() % 3 == 0 ? multiple / 3 : multiple));
    }
  }

  @Override
  public ObjectNode describe() {
    ObjectNode json = ConfigFile.newObject();
    ObjectNode described = settings.deepCopy();
    objective.lowRank().ifPresent(lora -> lora.withoutPlace(described));
    json.set("objective", described);
    json.set("prior", size.toJson());
    source.describe(json, Component.PRIOR_TEXT_ENCODER, tower);
    json.set("model", source.basis().fingerprints(BASIS));
    return json;
  }

  @Override
  public Optional<MemoryEstimate> memory(
      Learner.Settings learning, int batchSize, DType dtype, boolean checkpointing) {
    ModelParts basis = source.basis();
    if (!basis.has(Component.PRIOR) || !basis.has(Component.PRIOR_TEXT_ENCODER)) {
      return Optional.empty();
    }
    WeightFile prior = basis.require(Component.PRIOR).weights(DType.FLOAT32);
    WeightFile text = basis.require(Component.PRIOR_TEXT_ENCODER).weights(DType.FLOAT32);
    int classPictures = objective.preservation().isPresent() ? 2 : 1;
    int side = Math.toIntExact(StageCTargets.side(encoder, resolution));
    ClipTextConfig tower =
        ClipTextConfig.read(basis.require(Component.PRIOR_TEXT_ENCODER).config());
    return Optional.of(
        MemoryEstimate.of(
            size,
            elements(prior),
            trainedShapes(prior, text),
            learning,
            new MemoryEstimate.Load(classPictures * batchSize, side, side, tower.positions()),
            dtype,
            checkpointing,
            Float.BYTES
                * (elements(text)
                    + elements(basis.require(Component.IMAGE_ENCODER).weights(DType.FLOAT32))),
            validation.paints() && Paintings.possible(basis) ? painting(basis) : 0));
  }

  /** Bytes of what turns Stage C's latents into pictures. */
  private static long painting(ModelParts basis) {
    return Stream.of(Component.VQGAN, Component.DECODER, Component.DECODER_TEXT_ENCODER)
        .mapToLong(part -> Float.BYTES * elements(basis.require(part).weights(DType.FLOAT32)))
        .sum();
  }

  private static long elements(WeightFile file) {
    return file.names().stream().mapToLong(name -> elements(file.entry(name).dims())).sum();
  }

  private static long elements(long[] shape) {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  /** Otherwise found when the network is built, after class pictures are painted. */
  private void requireTargets() {
    ModelParts basis = source.basis();
    if (objective.lowRank().isPresent()
        && basis.has(Component.PRIOR)
        && basis.has(Component.PRIOR_TEXT_ENCODER)
        && trainedShapes(
                basis.require(Component.PRIOR).weights(DType.FLOAT32),
                basis.require(Component.PRIOR_TEXT_ENCODER).weights(DType.FLOAT32))
            .isEmpty()) {
      throw Adapters.noneFits(objective.lowRank().get().settings());
    }
  }

  /** Shapes of what is trained: weights, or the two factors beside each adapted one. */
  private List<long[]> trainedShapes(WeightFile prior, WeightFile text) {
    Map<String, long[]> all = new LinkedHashMap<>();
    prior.names().forEach(name -> all.put(Selection.PRIOR + name, prior.entry(name).dims()));
    if (objective.trainsText()) {
      text.names().forEach(name -> all.put(towerName(name), text.entry(name).dims()));
    }
    if (objective.lowRank().isEmpty()) {
      return List.copyOf(objective.selection().of(all).values());
    }
    AdapterSettings lora = objective.lowRank().get().settings();
    List<long[]> factors = new ArrayList<>();
    all.forEach(
        (name, shape) -> {
          String layer = name.substring(name.indexOf('.') + 1).replaceFirst("\\.weight$", "");
          if (shape.length == 2
              && name.endsWith(".weight")
              && lora.wants(layer)
              && isSelected(name)) {
            factors.add(new long[] {lora.rank(), shape[1]});
            factors.add(new long[] {shape[0], lora.rank()});
          }
        });
    return factors;
  }

  @Override
  public void check(PictureBatches.Plan plan, boolean checkpointing, Saved saved) {
    requireBase(saved);
    requireTargets();
    if (plan.bucketStep().isPresent() && objective.preservation().isPresent()) {
      throw new CurrywurstException(
          "Class pictures are squares, which go through the network together with the others; leave class_prompt or aspect_buckets out.");
    }
    if (checkpointing
        && objective.lowRank().map(lora -> lora.settings().dropout() > 0).orElse(false)) {
      throw new CurrywurstException(
          "What a LoRA drops (lora_dropout) would not be dropped again where blocks are computed twice; leave it or gradient_checkpointing out.");
    }
  }

  @Override
  public Stage build(Lessons lessons) {
    try (Opening opening = new Opening()) {
      ModelParts basis = source.basis();
      ImageEncoder images =
          opening.add(
              basis.frozen(Component.IMAGE_ENCODER, p -> new ImageEncoder(encoder, p)),
              ImageEncoder::close);
      KeptFeatures maps =
          basis.features(encoder.toString(), images.parameters(), lessons.training().plan());
      StageCTargets targets = new StageCTargets(images, maps);
      Optional<Adapters> adapters =
          objective.lowRank().map(lora -> opening.add(adapters(lora, lessons), Adapters::close));
      StageC stageC = opening.add(stageC(adapters, lessons), StageC::close);
      TextTower text = opening.add(tower(adapters, lessons), TextTower::close);
      adapters.ifPresent(fresh -> objective.lowRank().orElseThrow().begin(fresh));
      StageCTraining.Networks networks =
          new StageCTraining.Networks(stageC, text, targets, scale(targets, lessons), adapters);
      return opening.done(
          new StageCTraining(
              networks, objective, validation, lessons, new ModelResult(basis, resolution)));
    }
  }

  /** What is told at the end of a run would come too late. */
  private void requireBase(Saved saved) {
    boolean blends = saved.blend().isPresent();
    if (blends && objective.lowRank().isPresent()) {
      throw new CurrywurstException(
          "A LoRA is blended with its base by its scale when it is used; leave blend_with_base"
              + " out.");
    }
    if (blends || objective.lowRank().isPresent()) {
      source.basis().require(Component.PRIOR);
      if (objective.trainsText()) {
        source.basis().require(Component.PRIOR_TEXT_ENCODER);
      }
    }
  }

  private static Adapters adapters(LowRankObjective lora, Lessons lessons) {
    return new Adapters(
        lora.settings(), NetworkSource.seed(lessons.draws(), NetworkSource.Stream.LORA));
  }

  /** Additions beside the weights that "train" and "freeze" choose. */
  private LowRank.Source selected(LowRank.Source additions, String prefix) {
    return (layer, in, out) ->
        isSelected(prefix + layer + ".weight") ? additions.of(layer, in, out) : null;
  }

  private boolean isSelected(String name) {
    return objective.selection().selectsAny(List.of(name));
  }

  private StageC stageC(Optional<Adapters> adapters, Lessons lessons) {
    if (adapters.isPresent()) {
      LowRank.Source additions = selected(adapters.get().of(LoraPart.PRIOR), Selection.PRIOR);
      return source.basis().frozen(Component.PRIOR, p -> new StageC(size, p.with(additions)));
    }
    return source.trainable(
        Component.PRIOR, lessons.draws(), NetworkSource.Stream.STAGE_C, p -> new StageC(size, p));
  }

  private TextTower tower(Optional<Adapters> adapters, Lessons lessons) {
    if (adapters.isPresent() && objective.trainsText()) {
      LowRank.Source additions = selected(adapters.get().of(LoraPart.TEXT_ENCODER), Selection.TEXT);
      return source.basis().tower(Component.PRIOR_TEXT_ENCODER, false, p -> p.with(additions));
    }
    return source.tower(
        Component.PRIOR_TEXT_ENCODER,
        tower,
        lessons.training().captions(),
        lessons.draws(),
        objective.trainsText());
  }

  /** A Stage C that comes with the model was trained on its scale; a fresh one gets its own. */
  private StageCTargets.Scale scale(StageCTargets targets, Lessons lessons) {
    if (!source.basis().has(Component.PRIOR)) {
      return targets.measure(lessons.training());
    }
    ModelWriter.Geometry geometry = source.basis().model().orElseThrow().geometry();
    return new StageCTargets.Scale(geometry.latentMean(), geometry.latentStd());
  }
}
