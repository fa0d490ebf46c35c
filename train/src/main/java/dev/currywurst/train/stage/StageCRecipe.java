package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelWriter;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.List;

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

  static StageCRecipe read(NetworkSource source, int resolution) {
    ModelParts basis = source.basis();
    ImageEncoderConfig encoder =
        ImageEncoderConfig.read(basis.require(Component.IMAGE_ENCODER).config());
    StageCConfig size = source.size(Component.PRIOR, "prior", StageCConfig::read);
    ConfigFile file = source.config().part("objective");
    StageCTraining.Objective objective =
        new StageCTraining.Objective(
            NoiseObjective.read(file, basis.schedule(Component.PRIOR_SCHEDULER)),
            new BoundedConfig(file).share(0.05, "caption_dropped"),
            // A tower that comes with the model knows its words already.
            file.booleanValue(!basis.has(Component.PRIOR_TEXT_ENCODER), "train_text_encoder"));
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
        source, resolution, encoder, size, tower, objective, validation, file.effective());
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
    json.set("objective", settings);
    json.set("prior", size.toJson());
    source.describe(json, Component.PRIOR_TEXT_ENCODER, tower);
    json.set("model", source.basis().fingerprints(BASIS));
    return json;
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
      StageC stageC =
          opening.add(
              source.trainable(
                  Component.PRIOR,
                  lessons.draws(),
                  NetworkSource.Stream.STAGE_C,
                  p -> new StageC(size, p)),
              StageC::close);
      TextTower text =
          opening.add(
              source.tower(
                  Component.PRIOR_TEXT_ENCODER,
                  tower,
                  lessons.training().captions(),
                  lessons.draws(),
                  objective.trainsText()),
              TextTower::close);
      StageCTraining.Networks networks =
          new StageCTraining.Networks(stageC, text, targets, scale(targets, lessons));
      return opening.done(
          new StageCTraining(
              networks, objective, validation, lessons, new ModelResult(basis, resolution)));
    }
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
