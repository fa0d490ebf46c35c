package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.EnumSet;
import java.util.Set;

/**
 * The configurations of a model: whether its parts are all there and belong together, told before
 * minutes are spent on the first of them.
 */
final class StageConfigs {
  private final ModelFolder model;

  /** Parts whose weights fit. */
  private final Set<Component> fitting = EnumSet.noneOf(Component.class);

  StageConfigs(ModelFolder model) {
    this.model = model;
  }

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
    model.require(Component.PRIOR_TOKENIZER);
    StageCConfig stageC = StageCConfig.read(model.require(Component.PRIOR).config());
    requireEqual(
        "The text tower of Stage C has a width of %d, and Stage C takes %d",
        textWidth(Component.PRIOR_TEXT_ENCODER), stageC.textWidth());
    requireEqual(
        "Stage C makes latents of %d channels, and Stage B takes %d",
        stageC.latentChannels(), stageB().semanticChannels());
    requireWeights(type, Component.PRIOR, Component.PRIOR_TEXT_ENCODER);
  }

  /** Checks what turns Stage C latents into pictures, with weights of a type. */
  void requireDecoder(DType type) {
    model.require(Component.DECODER_TOKENIZER);
    requireEqual(
        "The text tower of Stage B has a width of %d, and Stage B takes %d",
        textWidth(Component.DECODER_TEXT_ENCODER), stageB().textWidth());
    requireEqual(
        "Stage B makes latents of %d channels, and Stage A takes %d",
        stageB().latentChannels(), stageA().latentChannels());
    requireWeights(type, Component.DECODER, Component.DECODER_TEXT_ENCODER, Component.VQGAN);
  }

  /** Checks what turns pictures into Stage C latents. */
  void requireImageEncoder() {
    ImageEncoderConfig encoder =
        ImageEncoderConfig.read(model.require(Component.IMAGE_ENCODER).config());
    requireEqual(
        "The image encoder makes latents of %d channels, and Stage B takes %d",
        encoder.latentChannels(), stageB().semanticChannels());
    requireWeights(DType.FLOAT32, Component.IMAGE_ENCODER);
  }

  private int textWidth(Component component) {
    return ClipTextConfig.read(model.require(component).config()).width();
  }

  /** Reads what weight files say of themselves: they may be missing, cut short, or misfits. */
  private void requireWeights(DType type, Component... components) {
    for (Component component : components) {
      if (!fitting.contains(component)) {
        ComponentFolder folder = model.require(component);
        ModelInspection.compare(folder, folder.weights(type));
        fitting.add(component);
      }
    }
  }

  private void requireEqual(String sentence, int made, int taken) {
    if (made != taken) {
      throw new CurrywurstException(
          (sentence + "; the parts of %s come from different models.")
              .formatted(made, taken, model));
    }
  }
}
