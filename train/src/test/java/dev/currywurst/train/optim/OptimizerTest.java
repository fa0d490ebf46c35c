package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every optimizer. */
class OptimizerTest {
  static Stream<Optimizer.Settings> all() {
    return Stream.of(
        AdamW.Settings.DEFAULT,
        new AdamW8bit.Settings(AdamW.Settings.DEFAULT),
        Adafactor.Settings.DEFAULT,
        new Adafactor.Settings(
            1e-30, 1e-3, 1, -0.8, OptionalDouble.of(0.9), 0.1, true, true, true));
  }

  @ParameterizedTest
  @MethodSource("all")
  void goesOnFromItsStateBitByBit(Optimizer.Settings settings) {
    Learner.Settings learning =
        new Learner.Settings(settings, 0.5, WeightAverage.Settings.counted(0.9));
    try (Scope scope = Scope.open();
        Tensor unbroken = Tensor.full(0.1, DType.FLOAT32, 80, 70).own();
        Tensor broken = Tensor.full(0.1, DType.FLOAT32, 80, 70).own();
        Learner whole = new Learner(Map.of("w", unbroken), learning)) {
      learn(whole, unbroken, 0, 5);
      try (Learner first = new Learner(Map.of("w", broken), learning)) {
        learn(first, broken, 0, 3);
        try (Tensor other = Tensor.zeros(DType.FLOAT32, 80, 70).own();
            Learner second = new Learner(Map.of("w", other), learning)) {
          Map<String, Tensor> state = first.state();
          Grad.off(() -> second.state().forEach((name, to) -> to.copyInPlace(state.get(name))));
          learn(second, other, 3, 5);
          assertThat(other.detach().toFloats()).containsExactly(unbroken.detach().toFloats());
        }
      }
    }
  }

  private static void learn(Learner learner, Tensor weight, int from, int to) {
    for (int step = from; step < to; step++) {
      try (Scope scope = Scope.open();
          Generator random = new Generator(step)) {
        learner.begin();
        weight.times(random.normal(DType.FLOAT32, 80, 70)).sum().backward();
        learner.update(1e-2, step);
      }
    }
  }

  /** The estimate that is given before a training must be what is then kept. */
  @ParameterizedTest
  @MethodSource("all")
  void tellsHowMuchItKeeps(Optimizer.Settings settings) {
    try (Scope scope = Scope.open();
        Tensor large = Tensor.zeros(DType.FLOAT32, 70, 80).own();
        Tensor vector = Tensor.zeros(DType.FLOAT32, 48).own();
        FlatWeights flat = new FlatWeights(Map.of("large", large, "vector", vector));
        Optimizer optimizer = settings.over(flat)) {
      long kept =
          optimizer.state().values().stream()
              .mapToLong(part -> part.elements() * part.dtype().bytes())
              .sum();
      assertThat(settings.stateBytes(70, 80) + settings.stateBytes(48)).isEqualTo(kept);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void isReadAsItDescribesItself(Optimizer.Settings settings) {
    ObjectNode json = ConfigFile.newObject();
    settings.describe(json);
    ConfigFile file = ConfigFile.of("here", json);
    assertThat(Optimizer.Settings.read(file)).isEqualTo(settings);
    file.requireAllKnown();
  }

  @Test
  void takesTheNameThatDiffusersScriptGivesIt() {
    ObjectNode json = ConfigFile.newObject().put("use_8bit_adam", true);
    assertThat(Optimizer.Settings.read(ConfigFile.of("here", json)))
        .isEqualTo(new AdamW8bit.Settings(AdamW.Settings.DEFAULT));
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    ConfigFile file = ConfigFile.of("here", ConfigFile.newObject().put("optimizer", "adam"));
    assertThatThrownBy(() -> Optimizer.Settings.read(file))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "here: the optimizer \"adam\" is not known; use adamw, adamw_8bit or adafactor.");
    assertThatThrownBy(
            () ->
                new Adafactor.Settings(
                    1e-30, 1e-3, 1, -0.8, OptionalDouble.empty(), 0, true, false, true))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("relative_step");
  }
}
