package dev.currywurst.train.stage;

import dev.currywurst.lora.LoraPart;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelWriter;
import dev.currywurst.pipeline.PictureSize;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageC;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The model that a run makes: what was trained, and copies of what was not, so that the result is
 * as whole as its basis was.
 *
 * @param basis the model that the run builds on
 * @param resolution of the pictures, which the model then paints by default
 */
record ModelResult(ModelParts basis, int resolution) {
  private static final List<Component> PRIOR =
      List.of(Component.PRIOR_TOKENIZER, Component.PRIOR_TEXT_ENCODER, Component.PRIOR);
  private static final List<Component> DECODER =
      List.of(
          Component.DECODER_TOKENIZER,
          Component.DECODER_TEXT_ENCODER,
          Component.DECODER,
          Component.VQGAN);

  /**
   * Writes Stage A, and a whole model around it where the latents are still those that its other
   * stages were trained on.
   */
  void writeStageA(StageA stageA, StageAConfig config, boolean sameLatents, Path folder) {
    ModelWriter writer = new ModelWriter(folder);
    writer.stageA(config, stageA.parameters().state());
    if (!sameLatents || !(basis.has(Component.DECODER) || basis.has(Component.PRIOR))) {
      return;
    }
    List<Component> others = new ArrayList<>(List.of(Component.values()));
    others.remove(Component.VQGAN);
    copy(writer, others);
    writer.preview(basis.model());
    writer.index(geometry());
  }

  /**
   * Writes Stage B, all that follows it, and the encoder that makes its maps. A Stage C of the
   * basis comes along only where the encoder is still the one that it was trained on.
   */
  void writeStageB(
      StageBTraining.Networks networks, StageBTraining.Objective objective, Path folder) {
    ModelWriter writer = new ModelWriter(folder);
    StageB stageB = networks.stageB();
    writer.stageB(stageB.config(), stageB.parameters().state());
    copy(writer, List.of(Component.VQGAN));
    text(writer, Component.DECODER_TEXT_ENCODER, networks.text(), false);
    ImageEncoder encoder = networks.encoder();
    if (objective.trainsEncoder()) {
      writer.imageEncoder(encoder.config(), encoder.parameters().state());
    } else {
      copy(writer, List.of(Component.IMAGE_ENCODER));
      copy(writer, PRIOR);
    }
    writer.schedule(objective.noise().schedule());
    if (!objective.trainsEncoder()) {
      copy(writer, List.of(Component.PRIOR_SCHEDULER));
      writer.preview(basis.model());
    }
    ModelWriter.Geometry before = geometry();
    double latentScale = pixels(encoder) / networks.stageA().config().compression();
    writer.index(
        new ModelWriter.Geometry(
            before.latentMean(),
            before.latentStd(),
            ratio(latentScale),
            ratio(pixels(encoder)),
            size()));
  }

  /**
   * Writes Stage C, and a whole model if the basis has the other stages.
   *
   * @param averagedUpdates how often the weights' average was updated; 0 if these are not averaged
   */
  void writeStageC(
      StageCTraining.Networks networks,
      StageCTraining.Objective objective,
      long averagedUpdates,
      PictureBatches training,
      Path folder) {
    ModelWriter writer = new ModelWriter(folder);
    StageC stageC = networks.stageC();
    StageCTargets targets = networks.targets();
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> weights = merged(networks, LoraPart.PRIOR, stageC.parameters().state());
      writer.stageC(stageC.config(), weights, averagedUpdates);
    }
    priorText(writer, networks, objective.trainsText());
    copy(writer, DECODER);
    copy(writer, List.of(Component.IMAGE_ENCODER));
    writer.schedule(objective.noise().schedule());
    copy(writer, List.of(Component.DECODER_SCHEDULER));
    writer.preview(targets.preview(training));
    writer.index(
        new ModelWriter.Geometry(
            networks.scale().factor(),
            networks.scale().offset(),
            geometry().latentScale(),
            ratio(pixels(targets.encoder())),
            size()));
  }

  /** With a LoRA's additions in them: the whole model needs no file beside it. */
  private static Map<String, Tensor> merged(
      StageCTraining.Networks networks, LoraPart part, Map<String, Tensor> weights) {
    return networks.adapters().map(lora -> lora.merged(part, weights)).orElse(weights);
  }

  private void priorText(ModelWriter writer, StageCTraining.Networks networks, boolean trained) {
    TextTower text = networks.text();
    if (!trained || networks.adapters().isEmpty()) {
      text(writer, Component.PRIOR_TEXT_ENCODER, text, trained);
      return;
    }
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> weights =
          merged(networks, LoraPart.TEXT_ENCODER, text.encoder().parameters().state());
      writer.text(Component.PRIOR_TEXT_ENCODER, text.encoder().config(), weights, text.tokenizer());
    }
  }

  private void text(ModelWriter writer, Component encoder, TextTower text, boolean trained) {
    if (!trained && basis.has(encoder)) {
      copy(writer, List.of(encoder, ModelParts.tokenizer(encoder)));
    } else {
      writer.text(
          encoder, text.encoder().config(), text.encoder().parameters().state(), text.tokenizer());
    }
  }

  /** Copies parts that the basis has; the others are not missed here. */
  private void copy(ModelWriter writer, List<Component> components) {
    for (Component component : components) {
      if (basis.has(component)) {
        writer.copy(basis.require(component));
      }
    }
  }

  private ModelWriter.Geometry geometry() {
    return basis
        .model()
        .map(model -> model.geometry())
        .orElse(ModelWriter.Geometry.published(size()));
  }

  private PictureSize size() {
    return new PictureSize(resolution, resolution);
  }

  /** Pixels of the picture for one value of a map: 42.67 in the published model. */
  private static double pixels(ImageEncoder encoder) {
    return encoder.config().compression() / ImageEncoder.SCALE;
  }

  /**
   * 42.67 for 42.666...: rounded up to two digits, as published, so that whole sides stay whole.
   */
  private static double ratio(double exact) {
    return Math.ceil(exact * 100 - 1e-9) / 100;
  }
}
