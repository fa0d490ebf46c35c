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

  /** As in PyTorch, where a step that is left out leaves the optimizer's own count as it is. */
  @ParameterizedTest
  @MethodSource("all")
  void doesNotCountWhatWasSkipped(Optimizer.Settings settings) {
    Learner.Settings learning =
        new Learner.Settings(settings, 0.5, WeightAverage.Settings.counted(0.9));
    try (Scope scope = Scope.open();
        Tensor smooth = Tensor.full(0.1, DType.FLOAT32, 80, 70).own();
        Tensor rough = Tensor.full(0.1, DType.FLOAT32, 80, 70).own();
        Tensor resumed = Tensor.zeros(DType.FLOAT32, 80, 70).own();
        Learner calm = new Learner(Map.of("w", smooth), learning);
        Learner shaken = new Learner(Map.of("w", rough), learning);
        Learner again = new Learner(Map.of("w", resumed), learning)) {
      for (int i = 0; i < 3; i++) {
        step(calm, smooth, i, i);
      }
      step(shaken, rough, 0, 0);
      shaken.begin();
      rough.times(Double.NaN).sum().backward();
      assertThat(shaken.update(1e-2, 1)).isNaN();
      step(shaken, rough, 1, 2);
      Map<String, Tensor> state = shaken.state();
      Grad.off(() -> again.state().forEach((name, to) -> to.copyInPlace(state.get(name))));
      step(again, resumed, 2, 3);
      assertThat(again.updates(4)).isEqualTo(3);
      assertThat(resumed.detach().toFloats()).containsExactly(smooth.detach().toFloats());
      assertThat(again.state().get("average.w").toFloats())
          .containsExactly(calm.state().get("average.w").toFloats());
    }
  }

  private static void learn(Learner learner, Tensor weight, int from, int to) {
    for (int step = from; step < to; step++) {
      step(learner, weight, step, step);
    }
  }

  /** One step on the given noise. */
  private static void step(Learner learner, Tensor weight, long noise, long step) {
    try (Scope scope = Scope.open();
        Generator random = new Generator(noise)) {
      learner.begin();
      weight.times(random.normal(DType.FLOAT32, 80, 70)).sum().backward();
      learner.update(1e-2, step);
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
  void refusesTwoOptimizersAtOnce() {
    ObjectNode json =
        ConfigFile.newObject().put("use_8bit_adam", true).put("optimizer", "adafactor");
    assertThatThrownBy(() -> Optimizer.Settings.read(ConfigFile.of("here", json)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "here: use_8bit_adam is the optimizer adamw_8bit, but the optimizer is to be adafactor; leave one of them out.");
    ObjectNode twice =
        ConfigFile.newObject().put("use_8bit_adam", true).put("optimizer", "adamw_8bit");
    assertThat(Optimizer.Settings.read(ConfigFile.of("here", twice)))
        .isInstanceOf(AdamW8bit.Settings.class);
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
