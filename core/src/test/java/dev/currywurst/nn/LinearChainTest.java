package dev.currywurst.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinearChainTest {
  private static final int WIDTH = 6;

  /**
   * As many rows as make one product pay, and fewer: results and gradients are layer by layer's.
   */
  @ParameterizedTest
  @ValueSource(longs = {40, 5})
  void areTheirLayersOneAfterAnother(long rows) {
    try (Scope scope = Scope.open();
        Parameters weights = Parameters.fresh(3);
        Generator random = new Generator(4)) {
      List<LinearChain> chains = List.of(chain(weights.at(0)), chain(weights.at(1)));
      weights.weights().values().stream()
          .filter(weight -> weight.dims() == 1) // Biases, which begin with zeros.
          .forEach(bias -> bias.detach().copyInPlace(random.normal(DType.FLOAT32, bias.shape())));
      weights.weights().values().forEach(weight -> weight.requiresGrad(true));
      Tensor x = random.normal(DType.FLOAT32, rows, 4).requiresGrad(true);

      List<Tensor> joined = new ArrayList<>();
      LinearChain.applyAll(x, chains).forEach(joined::addAll);
      List<Tensor> plain = new ArrayList<>();
      for (LinearChain chain : chains) {
        Tensor mapped = chain.first().apply(x);
        chain.then().forEach(layer -> plain.add(layer.apply(mapped)));
      }
      assertThat(joined).hasSameSizeAs(plain).hasSize(4);
      for (int i = 0; i < plain.size(); i++) {
        assertClose(joined.get(i), plain.get(i));
      }

      Map<String, float[]> expected = gradients(plain, x, weights);
      gradients(joined, x, weights)
          .forEach(
              (name, gradient) ->
                  assertThat(gradient)
                      .as(name)
                      .containsExactly(
                          Objects.requireNonNull(expected.get(name)), Offset.offset(1e-3f)));
    }
  }

  private static LinearChain chain(Parameters p) {
    return new LinearChain(
        new Linear(p.at("first"), 4, WIDTH),
        List.of(new Linear(p.at("key"), WIDTH, WIDTH), new Linear(p.at("value"), WIDTH, 3)));
  }

  private static Map<String, float[]> gradients(List<Tensor> ys, Tensor x, Parameters weights) {
    Map<String, Tensor> leaves = new LinkedHashMap<>(weights.weights());
    leaves.put("x", x);
    leaves.values().forEach(Tensor::clearGrad);
    Tensor loss = ys.stream().map(y -> y.square().sum()).reduce(Tensor::plus).orElseThrow();
    loss.backward();
    Map<String, float[]> gradients = new LinkedHashMap<>();
    leaves.forEach(
        (name, leaf) -> gradients.put(name, Objects.requireNonNull(leaf.grad()).toFloats()));
    return gradients;
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.toFloats()).containsExactly(expected.toFloats(), Offset.offset(1e-5f));
  }
}
