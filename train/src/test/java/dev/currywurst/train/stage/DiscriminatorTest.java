package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.optim.FlatWeights;
import dev.currywurst.weights.WeightFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Against the same network of {@code torch.nn.utils.spectral_norm} layers. */
class DiscriminatorTest {
  private static final String WEIGHTS = "weights.";

  private final WeightFile numbers = WeightFile.open(numbers());

  private static Path numbers() {
    try {
      return Path.of(
          Objects.requireNonNull(
                  DiscriminatorTest.class.getResource("/torch/discriminator.safetensors"))
              .toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Discriminator fromTorch() {
    Discriminator judge = new Discriminator(4, 16, Parameters.fresh(1));
    judge
        .parameters()
        .state()
        .forEach((name, tensor) -> tensor.copyInPlace(numbers.tensor(WEIGHTS + name)));
    return judge;
  }

  @Test
  void judgesAndFollowsTheLargestSingularValueAsTorchDoes() {
    try (Scope scope = Scope.open();
        Discriminator judge = fromTorch()) {
      Tensor pictures = numbers.tensor("pictures");
      assertClose(judge.judge(pictures), numbers.tensor("verdict"));
      Map<String, Tensor> buffers = judge.parameters().buffers();
      assertThat(buffers).hasSize(4);
      // torch took a second look too before these were kept.
      assertClose(judge.judge(pictures), numbers.tensor("second_verdict"));
      buffers.forEach((name, left) -> assertClose(left, numbers.tensor("after." + name)));
    }
  }

  @Test
  void learnsThroughTheNorm() {
    try (Scope scope = Scope.open();
        Discriminator judge = fromTorch();
        FlatWeights flat = new FlatWeights(judge.parameters().weights())) {
      Functional.softplus(judge.judge(numbers.tensor("pictures")).negate()).mean().backward();
      Map<String, Tensor> gradients = flat.cut(flat.gradients());
      for (int i = 0; i < 4; i++) {
        String name = "layers.%d.weight_orig".formatted(i);
        assertClose(gradients.get(name), numbers.tensor("gradient." + name));
      }
    }
  }

  @Test
  void letsGradientsThroughWithoutLearningItself() {
    try (Scope scope = Scope.open();
        Discriminator judge = fromTorch();
        FlatWeights flat = new FlatWeights(judge.parameters().weights())) {
      Tensor pictures = numbers.tensor("pictures").copy().requiresGrad(true);
      judge.withoutLearning(() -> judge.judge(pictures).mean()).backward();
      assertThat(Objects.requireNonNull(pictures.grad()).abs().max().item()).isPositive();
      assertThat(flat.gradients().abs().max().item()).isZero();
      judge.judge(pictures).mean().backward();
      assertThat(flat.gradients().abs().max().item()).isPositive();
    }
  }

  @Test
  void needsLayers() {
    Assertions.assertThatThrownBy(() -> new Discriminator(0, 16, Parameters.fresh(1)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("A discriminator needs a depth and a width of at least 1, not 0 and 16.");
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    float tolerance = (float) (2e-5 * expected.abs().max().item());
    assertThat(actual.detach().toFloats()).containsExactly(expected.toFloats(), within(tolerance));
  }
}
