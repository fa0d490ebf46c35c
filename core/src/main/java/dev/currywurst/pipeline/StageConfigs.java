package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageCConfig;

/**
 * The configurations of a model: whether its parts are all there and belong together, told before
 * minutes are spent on the first of them.
 */
record StageConfigs(ModelFolder model) {
  StageAConfig stageA() {
    return StageAConfig.read(model.require(Component.VQGAN).config());
  }

  StageBConfig stageB() {
    return StageBConfig.read(model.require(Component.DECODER).config());
  }

  /** The sizes that this model can paint. */
  PictureGeometry.Rules rules() {
    return new PictureGeometry.Rules(
        model.numbers().scale(), stageB().multiple(), stageA().compression());
  }

  /** Checks what turns text into Stage C latents, with weights of a type. */
  void requirePrior(DType type) {
    requireWeights(Component.PRIOR, type);
    requireWeights(Component.PRIOR_TEXT_ENCODER, type);
    model.require(Component.PRIOR_TOKENIZER);
    StageCConfig stageC = StageCConfig.read(model.require(Component.PRIOR).config());
    requireEqual(
        "The text tower of Stage C has a width of %d, and Stage C takes %d",
        textWidth(Component.PRIOR_TEXT_ENCODER), stageC.textWidth());
    requireEqual(
        "Stage C makes latents of %d channels, and Stage B takes %d",
        stageC.latentChannels(), stageB().semanticChannels());
  }

  /** Checks what turns Stage C latents into pictures, with weights of a type. */
  void requireDecoder(DType type) {
    requireWeights(Component.DECODER, type);
    requireWeights(Component.VQGAN, type);
    requireWeights(Component.DECODER_TEXT_ENCODER, type);
    model.require(Component.DECODER_TOKENIZER);
    requireEqual(
        "The text tower of Stage B has a width of %d, and Stage B takes %d",
        textWidth(Component.DECODER_TEXT_ENCODER), stageB().textWidth());
    requireEqual(
        "Stage B makes latents of %d channels, and Stage A takes %d",
        stageB().latentChannels(), stageA().latentChannels());
  }

  /** Checks what turns pictures into Stage C latents. */
  void requireImageEncoder() {
    requireWeights(Component.IMAGE_ENCODER, DType.FLOAT32);
    ImageEncoderConfig encoder =
        ImageEncoderConfig.read(model.require(Component.IMAGE_ENCODER).config());
    requireEqual(
        "The image encoder makes latents of %d channels, and Stage B takes %d",
        encoder.latentChannels(), stageB().semanticChannels());
  }

  private int textWidth(Component component) {
    return ClipTextConfig.read(model.require(component).config()).width();
  }

  /** Reads what a weight file says of itself, which shows one that is missing or cut short. */
  private void requireWeights(Component component, DType type) {
    model.require(component).weights(type);
  }

  private void requireEqual(String sentence, int made, int taken) {
    if (made != taken) {
      throw new CurrywurstException(
          (sentence + "; the parts of %s come from different models.")
              .formatted(made, taken, model));
    }
  }
}
