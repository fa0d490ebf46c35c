package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.EngineException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LearnerTest {
  private static final AdamW.Settings ADAM = new AdamW.Settings(0.9, 0.999, 1e-8, 0);

  @Test
  void learnsTheMinimum() {
    try (Scope scope = Scope.open();
        Tensor x = Tensor.of(new float[] {5, -4}, 2).own();
        Learner learner = new Learner(Map.of("x", x), new Learner.Settings(ADAM, 1, 0))) {
      for (int step = 0; step < 300; step++) {
        try (Scope inner = Scope.open()) {
          learner.begin();
          x.minus(1).square().sum().backward();
          learner.update(0.1, step);
        }
      }
      assertThat(x.toFloats()).containsExactly(new float[] {1, 1}, within(0.01f));
    }
  }

  @Test
  void clipsAsTorchDoes() {
    try (Scope scope = Scope.open();
        Tensor x = Tensor.of(new float[] {3, 4}, 2).own();
        Learner learner = new Learner(Map.of("x", x), new Learner.Settings(ADAM, 0.5, 0))) {
      learner.begin();
      x.square().sum().times(0.5).backward();
      assertThat(learner.update(0.1, 0)).isCloseTo(5, within(1e-6));
      // The optimizer saw the gradient [3, 4] shortened from 5 to 0.5.
      assertThat(learner.state().get("mean.x").toFloats())
          .containsExactly(new float[] {0.03f, 0.04f}, within(1e-6f));
    }
  }

  @Test
  void changesNothingWhereTheGradientIsNotFinite() {
    try (Scope scope = Scope.open();
        Tensor x = Tensor.of(new float[] {3, 4}, 2).own();
        Learner learner = new Learner(Map.of("x", x), new Learner.Settings(ADAM, 0.5, 0.9))) {
      learner.begin();
      x.times(Double.NaN).sum().backward();
      assertThat(learner.update(0.1, 0)).isNaN();
      assertThat(x.toFloats()).containsExactly(3, 4);
      assertThat(learner.state().get("mean.x").toFloats()).containsExactly(0, 0);
      assertThat(learner.state().get("average.x").toFloats()).containsExactly(3, 4);
    }
  }

  @Test
  void showsTheAverageAndPutsTheWeightsBack() {
    try (Scope scope = Scope.open();
        Tensor x = Tensor.of(new float[] {1}, 1).own();
        Learner learner = new Learner(Map.of("x", x), new Learner.Settings(ADAM, 1, 0.5))) {
      for (int step = 0; step < 3; step++) {
        learner.begin();
        x.sum().backward();
        learner.update(0.1, step);
      }
      double live = x.item();
      double[] shown = new double[1];
      learner.withAveragedWeights(() -> shown[0] = x.item());
      assertThat(shown[0]).isGreaterThan(live + 0.01);
      assertThat(x.item()).isEqualTo(live);
    }
  }

  /** At real size a copy of the weights would take 4 GB. */
  @Test
  void showsTheAverageWithoutACopy() {
    float[] values = new float[(1 << 20) + 3];
    values[0] = 1;
    values[values.length - 1] = 2;
    try (Scope scope = Scope.open();
        Tensor x = Tensor.of(values, values.length).own();
        Learner learner = new Learner(Map.of("x", x), new Learner.Settings(ADAM, 1, 0.5))) {
      learner.begin();
      try (Scope step = Scope.open()) {
        x.sum().backward();
        learner.update(0.1, 0);
        learner.begin();
        x.sum().backward();
        learner.update(0.1, 1);
      }
      float[] live = x.toFloats();
      float[] average = learner.state().get("average.x").toFloats();
      long tensors = Scope.liveTensors();
      learner.withAveragedWeights(
          () -> {
            assertThat(Scope.liveTensors()).as("one piece").isEqualTo(tensors + 1);
            assertThat(x.toFloats()).isEqualTo(average);
          });
      assertThat(x.toFloats()).isEqualTo(live);
      assertThat(learner.state().get("average.x").toFloats()).isEqualTo(average);
      assertThat(live[values.length - 1]).isNotEqualTo(average[values.length - 1]);
    }
  }

  /** The second of two pieces has no counterpart, so it fails as it would without memory. */
  @Test
  void putsBackWhatHasMovedWhereTheRestCannot() {
    int piece = 1 << 20;
    float[] values = new float[piece + 3];
    values[0] = 1;
    try (Scope scope = Scope.open();
        Tensor live = Tensor.of(values, values.length).own();
        Tensor average = Tensor.of(new float[piece], piece).own()) {
      assertThatThrownBy(() -> Learner.exchanged(live, average, () -> fail("not all have moved")))
          .isInstanceOf(EngineException.class);
      assertThat(live.toFloats()).isEqualTo(values);
      assertThat(average.toFloats()).containsOnly(0);
    }
  }
}
