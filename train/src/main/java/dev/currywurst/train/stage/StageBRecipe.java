package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.nn.Parameters;
import dev.currywurst.pipeline.Component;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.random.Draws;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageBConfig;
import java.util.List;
import java.util.function.Function;

/** Stage B and its image encoder before their training. */
record StageBRecipe(
    NetworkSource source,
    int resolution,
    StageAConfig stageA,
    ImageEncoderConfig encoder,
    StageBConfig size,
    NetworkSource.TowerSize tower,
    StageBTraining.Objective objective,
    Decoder.Settings validation,
    ObjectNode settings)
    implements StageRecipe {
  private static final List<Component> BASIS =
      List.of(
          Component.VQGAN,
          Component.DECODER_TOKENIZER,
          Component.DECODER_TEXT_ENCODER,
          Component.DECODER,
          Component.IMAGE_ENCODER);

  static StageBRecipe read(NetworkSource source, int resolution) {
    ModelParts basis = source.basis();
    StageAConfig stageA = StageAConfig.read(basis.require(Component.VQGAN).config());
    if (basis.has(Component.DECODER)) {
      // Its maps come from this encoder and no other.
      basis.require(Component.IMAGE_ENCODER);
    }
    ImageEncoderConfig encoder =
        source.size(Component.IMAGE_ENCODER, "image_encoder", ImageEncoderConfig::read);
    StageBConfig size = source.size(Component.DECODER, "decoder", StageBConfig::read);
    ConfigFile file = source.config().part("objective");
    BoundedConfig numbers = new BoundedConfig(file);
    StageBTraining.Objective objective =
        new StageBTraining.Objective(
            NoiseObjective.read(file, basis.schedule(Component.DECODER_SCHEDULER)),
            numbers.share(0.05, "map_dropped"),
            numbers.share(0.3, "map_noised"),
            numbers.share(0.5, "map_noise_level"),
            numbers.share(0.05, "caption_dropped"),
            file.booleanValue(!basis.has(Component.IMAGE_ENCODER), "train_image_encoder"));
    file.requireAllKnown();
    Decoder.Settings validation = validation(source.config().part("validation"));
    if (!objective.trainsEncoder() && !basis.has(Component.IMAGE_ENCODER)) {
      throw new CurrywurstException(
          file.origin()
              + ": a fresh image encoder makes nothing of pictures until it is trained; leave out train_image_encoder, or give a --model with one.");
    }
    NetworkSource.TowerSize tower =
        source.towerSize(Component.DECODER_TEXT_ENCODER, size.textWidth());
    requireFit(resolution, stageA, size, encoder);
    return new StageBRecipe(
        source, resolution, stageA, encoder, size, tower, objective, validation, file.effective());
  }

  private static Decoder.Settings validation(ConfigFile file) {
    Decoder.Settings settings = Decoder.Settings.read(file);
    file.ignore("pictures", "guidance"); // Stage C's, where one part serves both.
    file.requireAllKnown();
    return settings;
  }

  /**
   * Fails unless Stages A and B and the image encoder can work together on pictures of {@code
   * resolution} pixels a side.
   */
  static void requireFit(
      int resolution, StageAConfig stageA, StageBConfig size, ImageEncoderConfig encoder) {
    if (size.latentChannels() != stageA.latentChannels()) {
      throw new CurrywurstException(
          "Stage B works on %d channels and Stage A makes %d; give it that many as c_in and c_out."
              .formatted(size.latentChannels(), stageA.latentChannels()));
    }
    if (size.semanticChannels() != encoder.latentChannels()) {
      throw new CurrywurstException(
          "Stage B takes maps of %d channels (effnet_embd) and the image encoder makes %d (c_latent); give both the same."
              .formatted(size.semanticChannels(), encoder.latentChannels()));
    }
    NetworkSource.requireMultiple(
        resolution, stageA.compression() * size.multiple(), "levels of Stage B");
    StageCRecipe.requireWholeMap(resolution, encoder);
  }

  @Override
  public ObjectNode describe() {
    ObjectNode json = ConfigFile.newObject();
    json.set("objective", settings);
    json.set("decoder", size.toJson());
    json.set("image_encoder", encoder.toJson());
    source.describe(json, Component.DECODER_TEXT_ENCODER, tower);
    json.set("model", source.basis().fingerprints(BASIS));
    return json;
  }

  @Override
  public List<String> notices() {
    return source.basis().has(Component.DECODER_TEXT_ENCODER)
        ? List.of()
        : List.of(
            "The model has no text tower for Stage B; a fresh one is drawn and not trained, so it tells captions apart without knowing what they mean.");
  }

  @Override
  public Stage build(Lessons lessons) {
    try (Opening opening = new Opening()) {
      ModelParts basis = source.basis();
      Draws draws = lessons.draws();
      StageBTraining.Networks networks =
          new StageBTraining.Networks(
              opening.add(basis.frozen(Component.VQGAN, p -> new StageA(stageA, p)), StageA::close),
              opening.add(images(draws), ImageEncoder::close),
              opening.add(
                  source.trainable(
                      Component.DECODER,
                      draws,
                      NetworkSource.Stream.STAGE_B,
                      p -> new StageB(size, p)),
                  StageB::close),
              opening.add(
                  source.tower(
                      Component.DECODER_TEXT_ENCODER,
                      tower,
                      lessons.training().captions(),
                      draws,
                      false),
                  TextTower::close));
      return opening.done(
          new StageBTraining(
              networks, objective, validation, lessons, new ModelResult(basis, resolution)));
    }
  }

  private ImageEncoder images(Draws draws) {
    Function<Parameters, ImageEncoder> network = p -> new ImageEncoder(encoder, p);
    return objective.trainsEncoder()
        ? source.trainable(
            Component.IMAGE_ENCODER, draws, NetworkSource.Stream.IMAGE_ENCODER, network)
        : source.basis().frozen(Component.IMAGE_ENCODER, network);
  }
}
