package dev.currywurst.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobalResponseNormTest {
  private static final int CHANNELS = 3;

  /** A layer whose weights are not 0, as fresh ones are. */
  private static GlobalResponseNorm norm(Parameters weights) {
    GlobalResponseNorm norm = new GlobalResponseNorm(weights, CHANNELS);
    weights.weights().get("gamma").copyInPlace(Tensor.of(new float[] {0.5f, -1, 2}, CHANNELS));
    weights.weights().get("beta").copyInPlace(Tensor.of(new float[] {0.25f, 0, -1}, CHANNELS));
    return norm;
  }

  /** y = γ·x·s + β + x with s = norm / mean of norms, in doubles. */
  private static double[] formula(float[] x, int pictures, int pixels) {
    double[] gamma = {0.5, -1, 2};
    double[] beta = {0.25, 0, -1};
    double[] y = new double[x.length];
    for (int p = 0; p < pictures; p++) {
      double[] norms = new double[CHANNELS];
      for (int i = 0; i < pixels * CHANNELS; i++) {
        norms[i % CHANNELS] += Math.pow(x[p * pixels * CHANNELS + i], 2);
      }
      double mean = 0;
      for (int c = 0; c < CHANNELS; c++) {
        norms[c] = Math.sqrt(norms[c]);
        mean += norms[c] / CHANNELS;
      }
      for (int i = 0; i < pixels * CHANNELS; i++) {
        int c = i % CHANNELS;
        double value = x[p * pixels * CHANNELS + i];
        y[p * pixels * CHANNELS + i] =
            gamma[c] * value * norms[c] / (mean + 1e-6) + beta[c] + value;
      }
    }
    return y;
  }

  /** With and without gradients the norms are computed in two ways. */
  @ParameterizedTest
  @CsvSource({"FLOAT32, 1e-5", "BFLOAT16, 0.06", "FLOAT16, 0.01"})
  void isItsFormula(DType type, double tolerance) {
    try (Scope scope = Scope.open();
        Parameters weights = Parameters.fresh(0);
        Generator random = new Generator(4)) {
      GlobalResponseNorm norm = Grad.off(() -> norm(weights));
      Tensor x = random.normal(DType.FLOAT32, 2, 70, 70, CHANNELS).to(type);
      double[] expected = formula(x.toFloats(), 2, 70 * 70);
      for (Tensor y : new Tensor[] {norm.apply(x), Grad.off(() -> norm.apply(x))}) {
        assertThat(y.dtype()).isEqualTo(type);
        float[] actual = y.toFloats();
        double worst = 0;
        for (int i = 0; i < actual.length; i++) {
          worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
        }
        assertThat(worst).isLessThan(tolerance);
      }
    }
  }

  @Test
  void squaresThatFloat16CannotHoldDoNotOverflow() {
    try (Scope scope = Scope.open();
        Parameters weights = Parameters.fresh(0)) {
      GlobalResponseNorm norm = Grad.off(() -> norm(weights));
      Tensor x = Tensor.full(1000, DType.FLOAT16, 1, 4, 4, CHANNELS);
      assertThat(norm.apply(x).allFinite()).isTrue();
      assertThat(Grad.off(() -> norm.apply(x)).allFinite()).isTrue();
    }
  }

  @Test
  void emptyChannelsKeepValuesAndGradientsFinite() {
    try (Scope scope = Scope.open();
        Parameters weights = Parameters.fresh(0)) {
      GlobalResponseNorm norm = Grad.off(() -> norm(weights));
      for (float level : new float[] {0, 1}) {
        Tensor one = Tensor.full(level, DType.FLOAT32, 1, 4, 4, 1);
        Tensor empty = Tensor.zeros(DType.FLOAT32, 1, 4, 4, CHANNELS - 1);
        Tensor x = Tensor.cat(java.util.List.of(one, empty), 3).detach().requiresGrad(true);
        Tensor y = norm.apply(x);
        y.sum().backward();
        assertThat(y.allFinite()).isTrue();
        assertThat(Objects.requireNonNull(x.grad()).allFinite()).isTrue();
        assertThat(y.toFloats()[1]).as("an empty channel is beta").isCloseTo(0, within(1e-6f));
        assertThat(Grad.off(() -> norm.apply(x)).allFinite()).isTrue();
      }
    }
  }
}
