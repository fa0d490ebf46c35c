package dev.currywurst.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withPrecision;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import org.junit.jupiter.api.Test;

/**
 * Against {@code gen_r_embedding} in Python, where one wrong rounding shows in the fourth digit.
 */
class NoiseLevelEmbeddingTest {
  private static void expect(int width, float... expected) {
    try (Scope scope = Scope.open()) {
      Tensor embedding = NoiseLevelEmbedding.of(Tensor.of(new float[] {0.9f}, 1), width);
      assertThat(embedding.shape()).containsExactly(1, width);
      assertThat(embedding.toFloats()).containsExactly(expected, withPrecision(2e-6f));
    }
  }

  @Test
  void isTheReferencesAtThePublishedWidth() {
    expect(
        64,
        new float[] {
          0.6154466f,
          0.9792272f,
          -0.8916601f,
          0.3494309f,
          0.3144329f,
          0.9949782f,
          -0.4931661f,
          -0.0419643f,
          -0.09046293f,
          -0.9440246f,
          0.5493161f,
          -0.2430791f,
          -0.1288869f,
          0.6145175f,
          0.7410421f,
          -0.675331f,
          0.8214765f,
          0.8854084f,
          -0.9171216f,
          0.3884106f,
          -0.9971638f,
          -0.9602566f,
          0.4629257f,
          -0.2659285f,
          0.7950355f,
          -0.8029163f,
          -0.7406369f,
          0.1867557f,
          0.8117104f,
          0.9982213f,
          0.9360967f,
          0.7833269f,
          -0.7881786f,
          0.2027661f,
          -0.4527055f,
          -0.9369621f,
          -0.9492797f,
          -0.100092f,
          0.8699352f,
          0.9991191f,
          0.9958998f,
          0.329875f,
          -0.8356146f,
          -0.9700065f,
          -0.9916593f,
          0.7889032f,
          -0.6714585f,
          -0.7375148f,
          -0.5702424f,
          0.4648139f,
          0.3986076f,
          0.9214864f,
          0.07526147f,
          0.2791189f,
          0.8863971f,
          -0.9639928f,
          0.6065629f,
          0.5960917f,
          -0.6719055f,
          -0.9824064f,
          -0.5840602f,
          -0.05961629f,
          0.3517429f,
          0.62161f
        });
  }

  @Test
  void endsWithAZeroAtAnOddWidth() {
    expect(7, 0.6154466f, 0.8939967f, 0.7833269f, -0.7881786f, -0.4480736f, 0.62161f, 0);
  }
}
