package dev.currywurst.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdamWTest {
  private static final double RATE = 0.1;

  @Test
  void followsTheFormulaByHand() {
    double beta1 = 0.8;
    double beta2 = 0.9;
    double eps = 1e-3;
    double decay = 0.5;
    float[] gradients = {2, -1, 0.5f};
    double w = 3;
    double mean = 0;
    double square = 0;
    try (Scope scope = Scope.open();
        Tensor weight = Tensor.of(new float[] {3}, 1).own();
        FlatWeights flat = new FlatWeights(Map.of("w", weight));
        AdamW adam = new AdamW(flat, new AdamW.Settings(beta1, beta2, eps, decay))) {
      for (int step = 1; step <= gradients.length; step++) {
        double g = gradients[step - 1];
        mean = beta1 * mean + (1 - beta1) * g;
        square = beta2 * square + (1 - beta2) * g * g;
        w -= RATE * decay * w;
        double unbiasedMean = mean / (1 - Math.pow(beta1, step));
        double unbiasedSquare = square / (1 - Math.pow(beta2, step));
        w -= RATE * unbiasedMean / (Math.sqrt(unbiasedSquare) + eps);

        flat.gradients().fillInPlace(g);
        int at = step;
        Grad.off(() -> adam.update(RATE, at, 1));
        assertThat(weight.item()).isCloseTo(w, within(1e-6));
      }
    }
  }

  /** Weights that end in the middle of a piece, and ones that begin a new one. */
  @Test
  void updatesEveryWeightWhereverItLies() {
    int large = (1 << 16) + 5;
    try (Scope scope = Scope.open();
        Tensor a = Tensor.of(new float[3], 3).own();
        Tensor b = Tensor.of(new float[large], large).own();
        FlatWeights flat = new FlatWeights(Map.of("a", a, "b", b));
        AdamW adam = new AdamW(flat, AdamW.Settings.DEFAULT)) {
      flat.gradients().fillInPlace(1);
      Grad.off(() -> adam.update(RATE, 1, 1));
      for (Tensor weight : new Tensor[] {a, b}) {
        assertThat(weight.detach().max().item()).isCloseTo(-RATE, within(1e-6));
        assertThat(weight.detach().min().item()).isCloseTo(-RATE, within(1e-6));
      }
    }
  }

  @Test
  void refusesSettingsThatCannotWork() {
    assertThatThrownBy(() -> new AdamW.Settings(1, 0.999, 1e-8, 0))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("betas from 0 to below 1");
  }
}
