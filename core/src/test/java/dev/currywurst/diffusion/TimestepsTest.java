package dev.currywurst.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.ParityCase;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimestepsTest {
  /** ᾱ at each level of the recommended list, as diffusers' scheduler gives it. */
  private static final double[] RECOMMENDED_SIGNAL = {
    1e-4, 0.000747354, 0.002987187, 0.006712805, 0.01191307, 0.01857247, 0.02667105, 0.03618462,
    0.04708476, 0.05933886, 0.07291032, 0.08775857, 0.1038392, 0.1211043, 0.139502, 0.1589775,
    0.1794725, 0.2009259, 0.2232734, 0.2464482, 0.3408096, 0.4420222, 0.5457322, 0.6474783,
    0.7428837, 0.8278444, 0.898706, 0.95242, 0.9866757, 0.9999
  };

  @Test
  void evenLevelsEqualTorchToTheBit() {
    try (Scope scope = Scope.open()) {
      float[] expected = ParityCase.stored().tensor("scheduler.timesteps").toFloats();
      List<Double> levels = Timesteps.evenlySpaced(expected.length - 1).levels();
      assertThat(levels).hasSameSizeAs(expected);
      for (int i = 0; i < expected.length; i++) {
        assertThat(levels.get(i).floatValue()).isEqualTo(expected[i]);
      }
    }
  }

  @Test
  void recommendedListHas29Steps() {
    assertThat(Timesteps.STAGE_C.steps()).isEqualTo(29);
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < RECOMMENDED_SIGNAL.length; i++) {
        float level = Timesteps.STAGE_C.levels().get(i).floatValue();
        double signal = CosineSchedule.STANDARD.signal(Tensor.of(new float[] {level}, 1)).item();
        assertThat(signal).isCloseTo(RECOMMENDED_SIGNAL[i], within(1e-6));
      }
    }
  }

  @Test
  void readsWhatItWrites() {
    assertThat(Timesteps.parse(Timesteps.STAGE_C.toString())).isEqualTo(Timesteps.STAGE_C);
    assertThat(Timesteps.parse(" 1 0.5,0 ").levels()).containsExactly(1.0, 0.5, 0.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1.0                | needs at least two levels
          1.0, 0.5           | must end at 0
          1.0, 0.5, 0.5, 0   | must fall from one to the next; number 3
          0.5, 1.0, 0        | number 2 of the list is 1.0, after 0.5
          1.5, 0             | between 0 and 1; number 1
          1.0, NaN, 0        | between 0 and 1; number 2
          1.0, x, 0          | "x" in the list of timesteps is not a number
          """)
  void refusesListsThatWouldLeaveNoise(String list, String sentence) {
    assertThatThrownBy(() -> Timesteps.parse(list))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void refusesNoStepsAndMillions() {
    for (int steps : new int[] {0, -3, 1_000_000}) {
      assertThatThrownBy(() -> Timesteps.evenlySpaced(steps))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("The number of steps is " + steps);
    }
  }
}
