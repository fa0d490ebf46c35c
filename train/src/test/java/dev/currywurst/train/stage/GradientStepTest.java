package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.optim.AdamW;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.random.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A weight w and a running statistic that each look at a batch moves by 1. */
class GradientStepTest {
  private static final Learner.Settings SETTINGS =
      new Learner.Settings(AdamW.Settings.DEFAULT, 1e9, 0);

  private Scope scope;
  private Tensor weight;
  private Tensor statistic;
  private Learner learner;

  @BeforeEach
  void open() {
    scope = Scope.open();
    weight = Tensor.of(new float[] {2}, 1).own();
    statistic = Tensor.of(new float[] {0}, 1).own();
    learner = new Learner(Map.of("w", weight), SETTINGS);
  }

  @AfterEach
  void close() {
    weight.close();
    statistic.close();
    scope.close();
  }

  private GradientStep steps(int parts) {
    return new GradientStep(List.of(learner), Map.of("statistic", statistic), 4, parts);
  }

  private Tensor look(Tensor loss) {
    statistic.plusInPlace(1);
    return loss;
  }

  @Test
  void learnsTheMeanOfItsParts() {
    List<Part> parts = new ArrayList<>();
    try (GradientStep steps = steps(3)) {
      Stage.Learned learned =
          steps.learn(
              5,
              0.1,
              (part, figures) -> {
                parts.add(part);
                figures.put("first", (double) part.first());
                return look(weight.times(1.0 + (double) part.first()).sum());
              });
      assertThat(parts).containsExactly(new Part(5, 0, 4), new Part(5, 4, 4), new Part(5, 8, 4));
      // The losses are 2, 10 and 18, their slopes 1, 5 and 9.
      assertThat(learned.losses().get("loss")).isCloseTo(10, within(1e-6));
      assertThat(learned.losses().get("first")).isCloseTo(4, within(1e-6));
      assertThat(learned.gradientNorm()).isCloseTo(5, within(1e-6));
      assertThat(learned.isFinite()).isTrue();
      assertThat(weight.item()).isLessThan(2);
      assertThat(statistic.item()).isEqualTo(3);
    }
  }

  @Test
  void changesNothingWhereALossIsNotFinite() {
    try (GradientStep steps = steps(3)) {
      Stage.Learned learned =
          steps.learn(
              0,
              0.1,
              (part, figures) -> look(weight.times(part.first() == 4 ? Double.NaN : 1).sum()));
      assertThat(learned.isFinite()).isFalse();
      assertThat(weight.item()).isEqualTo(2);
      assertThat(statistic.item()).isZero();
      assertThat(learner.state().get("mean.w").item()).isZero();
    }
  }

  /** Such as a picture of the second part that was deleted. */
  @Test
  void changesNothingWhereAPartCannotBeHad() {
    try (GradientStep steps = steps(3)) {
      assertThatThrownBy(
              () ->
                  steps.learn(
                      0,
                      0.1,
                      (part, figures) -> {
                        if (part.first() == 4) {
                          throw new CurrywurstException("a.png is not there any more.");
                        }
                        return look(weight.sum());
                      }))
          .hasMessage("a.png is not there any more.");
      assertThat(weight.item()).isEqualTo(2);
      assertThat(statistic.item()).isZero();
    }
  }

  /** sqrt(x) at 0 is finite, its slope is not. */
  @Test
  void changesNothingWhereAGradientIsNotFinite() {
    try (GradientStep steps = steps(1)) {
      Stage.Learned learned =
          steps.learn(0, 0.1, (part, figures) -> look(weight.minus(2).sqrt().sum()));
      assertThat(learned.losses().get("loss")).isZero();
      assertThat(learned.isFinite()).isFalse();
      assertThat(weight.item()).isEqualTo(2);
      assertThat(statistic.item()).isZero();
      // The next step begins anew.
      assertThat(steps.learn(1, 0.1, (part, figures) -> weight.sum()).isFinite()).isTrue();
      assertThat(weight.item()).isLessThan(2);
    }
  }
}
