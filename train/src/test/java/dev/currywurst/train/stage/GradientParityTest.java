package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.train.optim.FlatWeights;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageBConfig;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Gradients of the networks in training, against PyTorch's. Folded weights, shared work and the
 * layout in channels-last order must change no gradient. For each weight two numbers are compared:
 * the gradient's norm, and its product with the weight.
 */
class GradientParityTest {
  private final WeightFile inputs =
      WeightFile.open(Fixtures.wuerstchen().resolve("expected.safetensors"));
  private final WeightFile numbers = WeightFile.open(numbers());

  private static Path numbers() {
    try {
      return Path.of(
          Objects.requireNonNull(
                  GradientParityTest.class.getResource("/torch/gradients.safetensors"))
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void stageBThroughTheFoldedSemanticMap() {
    try (Scope scope = Scope.open();
        StageB stageB = network("decoder/decoder", StageBConfig::read, StageB::new);
        FlatWeights flat = new FlatWeights(stageB.parameters().weights())) {
      Tensor x = inputs.tensor("decoder.x");
      Tensor maps = inputs.tensor("decoder.effnet").copy().requiresGrad(true);
      StageB.Conditioning conditioning =
          stageB.condition(inputs.tensor("decoder.clip"), maps, x.size(2), x.size(3));
      Tensor noise = stageB.denoise(x, stageB.levels(inputs.tensor("decoder.r")), conditioning);
      Tensor loss = Functional.squaredError(noise, numbers.tensor("decoder_noise")).mean();
      loss.backward();
      assertLoss(loss, "decoder_loss");
      assertGradients(stageB.parameters(), flat, "decoder");
      Tensor expected = numbers.tensor("decoder_maps");
      Tensor actual = Objects.requireNonNull(maps.grad());
      assertThat(actual.minus(expected).abs().max().item())
          .isLessThan(1e-4 * expected.abs().max().item());
    }
  }

  @Test
  void stageAThroughTheFoldedScalars() {
    try (Scope scope = Scope.open();
        StageA stageA = network("decoder/vqgan", StageAConfig::read, StageA::new);
        FlatWeights flat = new FlatWeights(stageA.parameters().weights())) {
      Tensor pictures = inputs.tensor("vq.image");
      Tensor restored = stageA.decode(stageA.encode(pictures, true));
      Tensor loss = Functional.squaredError(restored, pictures).mean();
      loss.backward();
      assertLoss(loss, "vqgan_loss");
      assertGradients(stageA.parameters(), flat, "vqgan");
      Map<String, Tensor> buffers = stageA.parameters().buffers();
      for (String kind : new String[] {"mean", "var"}) {
        Tensor expected = numbers.tensor("vqgan_running_" + kind);
        Tensor actual = buffers.get("down_blocks.3.1.running_" + kind);
        assertThat(actual.toFloats()).containsExactly(expected.toFloats(), within(1e-5f));
      }
    }
  }

  @Test
  void imageEncoderByTheBatchsOwnStatistics() {
    try (Scope scope = Scope.open();
        ImageEncoder encoder =
            network("image_encoder", ImageEncoderConfig::read, ImageEncoder::new);
        FlatWeights flat = new FlatWeights(encoder.parameters().weights())) {
      Tensor made = encoder.encode(inputs.tensor("effnet.x"), true, Dropout.OFF);
      Tensor loss = Functional.squaredError(made, numbers.tensor("image_encoder_target")).mean();
      loss.backward();
      assertLoss(loss, "image_encoder_loss");
      assertGradients(encoder.parameters(), flat, "image_encoder");
    }
  }

  private static <C, N> N network(
      String component, Function<ConfigFile, C> config, BiFunction<C, Parameters, N> network) {
    Path folder = Fixtures.wuerstchen().resolve(component);
    C read = config.apply(ConfigFile.read(folder.resolve("config.json")));
    WeightFile file = WeightFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
    return WeightSource.writable(file, Device.CPU).build(p -> network.apply(read, p));
  }

  private void assertLoss(Tensor loss, String name) {
    double expected = numbers.tensor(name).item();
    assertThat(loss.item()).isCloseTo(expected, within(1e-5 * expected));
  }

  private void assertGradients(Parameters parameters, FlatWeights flat, String prefix) {
    Map<String, Tensor> gradients = flat.cut(flat.gradients());
    double whole = Functional.norm(flat.gradients(), 0).item();
    int compared = 0;
    for (Map.Entry<String, Tensor> weight : parameters.weights().entrySet()) {
      String name = prefix + "." + weight.getKey();
      Tensor gradient = gradients.get(weight.getKey()).reshape(-1);
      double norm = Functional.norm(gradient, 0).item();
      if (!numbers.names().contains(name)) {
        assertThat(norm).as(name + ", which the loss does not reach").isZero();
        continue;
      }
      float[] expected = numbers.tensor(name).toFloats();
      double product = gradient.times(weight.getValue().detach().reshape(-1)).sum().item();
      double size = Functional.norm(weight.getValue().detach().reshape(-1), 0).item();
      // What should be zero is rounding of the whole.
      double tolerance = 2e-4 * expected[0] + 1e-6 * whole;
      assertThat(norm).as(name).isCloseTo(expected[0], within(tolerance));
      assertThat(product).as(name).isCloseTo(expected[1], within(tolerance * (1 + size)));
      compared++;
    }
    assertThat(compared).isGreaterThan(20);
  }
}
