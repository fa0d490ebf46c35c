package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.optim.LearningRate.Shape;
import dev.currywurst.weights.ConfigFile;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  /** Numbers of {@code diffusers.optimization.get_scheduler}, over all steps and the one after. */
  @Test
  void allShapesAreThoseOfDiffusers() {
    ConfigFile numbers = ConfigFile.read(OptimizerParityTest.resource("schedules.json"));
    double peak = numbers.doubleValue(0, "peak");
    int steps = numbers.intValue(0, "steps");
    for (JsonNode one : numbers.node("cases")) {
      LearningRate rate =
          new LearningRate(
              peak,
              one.path("num_warmup_steps").asInt(),
              Shape.parse(one.path("name").asText()),
              steps,
              one.path("num_cycles").asInt(1),
              one.path("power").asDouble(1),
              1e-7);
      for (int step = 0; step <= steps; step++) {
        assertThat(rate.at(step))
            .as("%s at %d", rate, step)
            .isCloseTo(one.path("rates").get(step).asDouble(), within(1e-15));
      }
    }
  }

  @Test
  void growsWithTheBatchWhereAsked() {
    ConfigFile file = ConfigFile.of("here", ConfigFile.newObject().put("scale_lr", true));
    assertThat(LearningRate.read(file, 1e-4, 32, 10).at(0)).isEqualTo(32e-4);
  }

  @Test
  void warmsUpInEqualSteps() {
    LearningRate rate = new LearningRate(1.0, 4, Shape.CONSTANT, 100);
    assertThat(new double[] {rate.at(0), rate.at(1), rate.at(3), rate.at(4), rate.at(99)})
        .containsExactly(0, 0.25, 0.75, 1, 1);
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
            "The learning rate schedule \"Cosine\" is not known; use constant,"
                + " constant_with_warmup, linear, cosine, cosine_with_restarts, polynomial.");
    assertThatThrownBy(() -> new LearningRate(Double.NaN, 0, Shape.CONSTANT, 1))
        .isInstanceOf(CurrywurstException.class);
  }
}
