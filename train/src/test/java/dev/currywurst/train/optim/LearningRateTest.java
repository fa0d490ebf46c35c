package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.optim.LearningRate.Shape;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  @Test
  void warmsUpInEqualSteps() {
    LearningRate rate = new LearningRate(1.0, 4, Shape.CONSTANT, 100);
    assertThat(new double[] {rate.at(0), rate.at(1), rate.at(3), rate.at(4), rate.at(99)})
        .containsExactly(0.25, 0.5, 1, 1, 1);
  }

  @Test
  void fallsInALineToZero() {
    LearningRate rate = new LearningRate(2.0, 0, Shape.LINEAR, 10);
    assertThat(rate.at(0)).isEqualTo(2);
    assertThat(rate.at(5)).isEqualTo(1);
    assertThat(rate.at(10)).isZero();
    assertThat(rate.at(11)).isZero();
  }

  @Test
  void fallsAsACosineAfterTheWarmUp() {
    LearningRate rate = new LearningRate(1.0, 10, Shape.COSINE, 110);
    assertThat(rate.at(10)).isEqualTo(1);
    assertThat(rate.at(60)).isCloseTo(0.5, within(1e-12));
    assertThat(rate.at(35)).isCloseTo(0.5 + Math.sqrt(0.5) / 2, within(1e-12));
    assertThat(rate.at(110)).isCloseTo(0, within(1e-12));
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> Shape.parse("Cosine"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "The learning rate schedule \"Cosine\" is not known; use constant, linear or cosine.");
    assertThatThrownBy(() -> new LearningRate(Double.NaN, 0, Shape.CONSTANT, 1))
        .isInstanceOf(CurrywurstException.class);
  }
}
