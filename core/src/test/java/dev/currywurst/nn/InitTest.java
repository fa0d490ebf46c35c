package dev.currywurst.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import org.junit.jupiter.api.Test;

class InitTest {
  private static float[] draw(Init init, long... shape) {
    try (Scope scope = Scope.open();
        Generator random = new Generator(3)) {
      return init.draw(random, shape).toFloats();
    }
  }

  private static double largest(float... values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double deviation(float... values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum / values.length);
  }

  /** Glorot and Bengio 2010: uniform in ±sqrt(6 / (fan in + fan out)). */
  @Test
  void xavierReadsTheFansOffTheShape() {
    double bound = Math.sqrt(6.0 / (100 + 50));
    assertThat(largest(draw(Init.XAVIER, 100, 50))).isBetween(0.98 * bound, bound);
    double kernel = Math.sqrt(6.0 / ((40 + 10) * 9));
    float[] convolution = draw(Init.XAVIER, 40, 10, 3, 3);
    assertThat(largest(convolution)).isBetween(0.98 * kernel, kernel);
    assertThat(deviation(convolution)).isCloseTo(kernel / Math.sqrt(3), within(0.05 * kernel));
    assertThat(largest(draw(Init.XAVIER.scaled(0.1), 100, 50)))
        .isBetween(0.098 * bound, 0.1 * bound);
  }

  @Test
  void normalAndUniformHaveTheirWidths() {
    assertThat(deviation(draw(Init.normal(0.02), 100, 100))).isCloseTo(0.02, within(0.001));
    assertThat(largest(draw(Init.uniform(0.3), 100, 100))).isBetween(0.299, 0.3);
  }

  @Test
  void constantsAreConstant() {
    assertThat(draw(Init.ZERO, 3)).containsExactly(0, 0, 0);
    assertThat(draw(Init.ONE.scaled(0.5), 3)).containsExactly(0.5f, 0.5f, 0.5f);
  }

  @Test
  void sameSeedGivesTheSameWeights() {
    float[] first = fresh(11);
    assertThat(fresh(11)).containsExactly(first);
    assertThat(fresh(12)).isNotEqualTo(first);
  }

  private static float[] fresh(long seed) {
    try (Parameters weights = Parameters.fresh(seed)) {
      return weights.weight("weight", Init.XAVIER, 4, 3).toFloats();
    }
  }
}
