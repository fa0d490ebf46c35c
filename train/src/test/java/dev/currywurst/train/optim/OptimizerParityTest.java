package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.WeightFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/**
 * Four steps of each optimizer from the same weights with the same gradients, against {@code
 * torch.optim.AdamW}, {@code bitsandbytes.optim.AdamW8bit} and {@code transformers}' Adafactor; the
 * numbers are made by {@code torch/make_optimizer_numbers.py}, which has bitsandbytes find the
 * nearest code as its CUDA kernel does.
 */
class OptimizerParityTest {
  private static final int STEPS = 4;
  private static final String[] NAMES = {"matrix", "vector", "kernel", "large"};
  private static final AdamW.Settings ADAM = new AdamW.Settings(0.9, 0.99, 1e-8, 0.05);

  private final WeightFile numbers = WeightFile.open(resource("optimizers.safetensors"));

  static Path resource(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(OptimizerParityTest.class.getResource("/torch/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void adamW() {
    compare("adamw", ADAM, 1e-7);
  }

  @Test
  void adamWInEightBits() {
    compare("adamw_8bit", new AdamW8bit.Settings(ADAM), 2e-7);
  }

  @Test
  void adafactorAtAGivenRate() {
    compare("adafactor", Adafactor.Settings.DEFAULT, 1e-7);
  }

  @Test
  void adafactorAtARateOfItsOwn() {
    compare(
        "adafactor_relative",
        new Adafactor.Settings(1e-30, 1e-3, 1, -0.8, OptionalDouble.empty(), 0, true, true, true),
        2e-8);
  }

  @Test
  void adafactorWithAMeanOfUpdates() {
    compare(
        "adafactor_mean",
        new Adafactor.Settings(
            1e-30, 1e-3, 0.5, -0.8, OptionalDouble.of(0.9), 0.1, true, false, false),
        1e-7);
  }

  @Test
  void theMapsOfDynamicQuantisationAreThoseOfBitsandbytes() {
    try (Scope scope = Scope.open()) {
      assertThat(DynamicQuantization.map(true))
          .containsExactly(numbers.tensor("map.signed").toFloats());
      assertThat(DynamicQuantization.map(false))
          .containsExactly(numbers.tensor("map.unsigned").toFloats());
    }
  }

  @Test
  void theCodesAreThoseOfBitsandbytes() {
    try (Scope scope = Scope.open();
        Trained trained = train(new AdamW8bit.Settings(ADAM))) {
      Map<String, Tensor> state = trained.optimizer().state();
      // A value in the middle between two codes may go either way for a rounding of its scale.
      assertThat(differing(state.get("mean_codes.large"), "state1")).isLessThan(0.002);
      assertThat(differing(state.get("square_codes.large"), "state2")).isLessThan(0.002);
      assertThat(state.get("mean_scales.large").toFloats())
          .containsExactly(numbers.tensor("codes.absmax1").toFloats(), within(1e-8f));
      assertThat(state.get("square_scales.large").toFloats())
          .containsExactly(numbers.tensor("codes.absmax2").toFloats(), within(1e-10f));
      assertThat(state).containsKeys("mean.vector", "square.kernel");
    }
  }

  private double differing(Tensor codes, String expected) {
    Tensor theirs = numbers.tensor("codes." + expected).to(DType.FLOAT32).reshape(-1);
    Tensor ours = codes.to(DType.FLOAT32).reshape(-1).narrow(0, 0, theirs.elements());
    return ours.minus(theirs).abs().greaterThan(0.5).to(DType.FLOAT32).mean().item();
  }

  private void compare(String kind, Optimizer.Settings settings, double tolerance) {
    try (Scope scope = Scope.open();
        Trained trained = train(settings)) {
      for (String name : NAMES) {
        Tensor expected = numbers.tensor(kind + "." + name);
        Tensor moved = expected.minus(numbers.tensor("start." + name)).abs().max();
        double error = trained.weights().get(name).detach().minus(expected).abs().max().item();
        assertThat(error).as(name).isLessThan(tolerance);
        assertThat(moved.item()).as(name + " must have moved").isGreaterThan(20 * tolerance);
      }
    }
  }

  /** Weights after the steps, and what changed them. */
  private record Trained(Map<String, Tensor> weights, FlatWeights flat, Optimizer optimizer)
      implements AutoCloseable {
    @Override
    public void close() {
      optimizer.close();
      flat.close();
      weights.values().forEach(Tensor::close);
    }
  }

  private Trained train(Optimizer.Settings settings) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    for (String name : NAMES) {
      weights.put(name, numbers.tensor("start." + name).copy().own());
    }
    FlatWeights flat = new FlatWeights(weights);
    Optimizer optimizer = settings.over(flat);
    for (int step = 0; step < STEPS; step++) {
      Map<String, Tensor> gradients = flat.cut(flat.gradients());
      for (String name : NAMES) {
        gradients.get(name).copyInPlace(numbers.tensor("gradient.%d.%s".formatted(step, name)));
      }
      int at = step + 1;
      Grad.off(() -> optimizer.update(1e-2, at, 1));
    }
    return new Trained(weights, flat, optimizer);
  }
}
