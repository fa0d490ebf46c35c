package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.nn.Parameters;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ComponentFolder;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The model that a run builds on, read part by part.
 *
 * @param model if the run builds on one
 * @param kept where outputs of its frozen networks are kept
 */
record ModelParts(Optional<ModelFolder> model, Path kept) {
  /** True if the model has this part. */
  boolean has(Component component) {
    return model.isPresent() && model.get().has(component);
  }

  /**
   * Where a part lies.
   *
   * @throws CurrywurstException if the model does not have it
   */
  ComponentFolder require(Component component) {
    return model
        .orElseThrow(
            () ->
                new CurrywurstException(
                    "This stage builds on the stages before it (here on the %s); give their folder with --model."
                        .formatted(component)))
        .require(component);
  }

  /** The tokenizer that belongs to a text tower. */
  static Component tokenizer(Component tower) {
    return tower == Component.PRIOR_TEXT_ENCODER
        ? Component.PRIOR_TOKENIZER
        : Component.DECODER_TOKENIZER;
  }

  /** The noise schedule of a stage, the published one where the model says nothing. */
  CosineSchedule schedule(Component scheduler) {
    return model.map(folder -> folder.schedule(scheduler)).orElse(CosineSchedule.STANDARD);
  }

  /** A network of the model that will be trained: float32 copies of its weights. */
  <N> N trainable(Component component, Function<Parameters, N> network) {
    WeightFile file = require(component).weights(DType.FLOAT32);
    return build(WeightSource.writable(file, Device.CPU), network);
  }

  /** A network of the model that stays as it is: in float32, from the mapped file if it can be. */
  <N> N frozen(Component component, Function<Parameters, N> network) {
    WeightFile file = require(component).weights(DType.FLOAT32);
    return build(WeightSource.mapped(file, DType.FLOAT32, Device.CPU), network);
  }

  /**
   * A text tower of the model with its tokenizer.
   *
   * @param trained whether its weights will change
   */
  TextTower tower(Component component, boolean trained) {
    return tower(component, trained, UnaryOperator.identity());
  }

  /** As {@link #tower(Component, boolean)}, with something beside its weights, such as a LoRA. */
  TextTower tower(Component component, boolean trained, UnaryOperator<Parameters> with) {
    ClipTextConfig config = ClipTextConfig.read(require(component).config());
    Function<Parameters, ClipTextEncoder> network = p -> new ClipTextEncoder(config, with.apply(p));
    return new TextTower(
        ClipTokenizer.load(require(tokenizer(component)).folder()),
        trained ? trainable(component, network) : frozen(component, network),
        kept);
  }

  private static <N> N build(WeightSource source, Function<Parameters, N> network) {
    try (Scope scope = Scope.open()) {
      return source.build(network);
    }
  }

  /** Names the files of parts by their content, for the run's description. */
  ObjectNode fingerprints(Iterable<Component> components) {
    ObjectNode json = ConfigFile.newObject();
    for (Component component : components) {
      if (has(component)) {
        Path folder = require(component).folder();
        json.put(component.key(), new Fingerprint().addFiles(folder).hex());
      }
    }
    return json;
  }

  /**
   * What a frozen network makes of pictures that are prepared like this.
   *
   * @param config of the network: strides, for one, show in no weight's shape
   */
  KeptFeatures features(String config, Parameters network, PictureBatches.Plan plan) {
    String owner =
        new Fingerprint()
            .add(config)
            .add(network.state())
            .add(plan.preparation() + " " + plan.recoloured())
            .hex();
    return new KeptFeatures(new FeatureStore(kept, owner));
  }
}
