package dev.currywurst.lora;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightChange;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.nio.file.Path;
import java.util.Optional;

/** The small model, LoRAs that other tools made for it, and what they make of it. */
final class LoraFixtures {
  static final WeightFile INPUTS =
      WeightFile.open(Fixtures.wuerstchen().resolve("expected.safetensors"));
  static final WeightFile EXPECTED = WeightFile.open(file("expected.safetensors"));

  private LoraFixtures() {}

  static Path file(String name) {
    return Fixtures.path("lora").resolve(name);
  }

  static StageCConfig stageCConfig() {
    return StageCConfig.read(ConfigFile.read(prior("prior").resolve("config.json")));
  }

  static WeightFile stageCWeights() {
    return WeightFile.open(prior("prior").resolve("diffusion_pytorch_model.safetensors"));
  }

  static WeightFile textEncoderWeights() {
    return WeightFile.open(prior("text_encoder").resolve("model.safetensors"));
  }

  private static Path prior(String part) {
    return Fixtures.wuerstchen().resolve("prior").resolve(part);
  }

  /** Stage C with changed weights, in the form that generates fastest. */
  static StageC stageC(Optional<WeightChange> change) {
    WeightSource source = WeightSource.frozen(stageCWeights(), DType.FLOAT32, Device.CPU);
    return change.map(source::with).orElse(source).build(p -> new StageC(stageCConfig(), p));
  }

  static ClipTextEncoder textEncoder(Optional<WeightChange> change) {
    ClipTextConfig config =
        ClipTextConfig.read(ConfigFile.read(prior("text_encoder").resolve("config.json")));
    WeightSource source = WeightSource.mapped(textEncoderWeights(), DType.FLOAT32, Device.CPU);
    return change.map(source::with).orElse(source).build(p -> new ClipTextEncoder(config, p));
  }

  /** The noise that the network predicts in the fixture's case. */
  static Tensor denoised(StageC network) {
    return Scope.tidy(
        () ->
            network.denoise(
                INPUTS.tensor("prior.x"),
                network.levels(INPUTS.tensor("prior.r")),
                network.condition(INPUTS.tensor("prior.c"))));
  }

  /** The largest difference, as a share of the largest value expected. */
  static double difference(Tensor actual, Tensor expected) {
    try (Scope scope = Scope.open()) {
      return actual.minus(expected).abs().max().item() / expected.abs().max().item();
    }
  }
}
