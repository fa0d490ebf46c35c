package dev.currywurst.train.optim;

import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns gradients into new weights: clips, updates, averages. A step with a gradient that is not
 * finite changes nothing.
 */
public final class Learner implements AutoCloseable {
  /**
   * How weights are learned.
   *
   * @param adam the optimizer's knobs
   * @param maxGradNorm gradients longer than this are shortened to it
   * @param averageDecay of the weights' moving average; 0 keeps none
   */
  public record Settings(AdamW.Settings adam, double maxGradNorm, double averageDecay) {}

  private final FlatWeights weights;
  private final AdamW adam;
  private final @Nullable WeightAverage average;
  private final double maxGradNorm;

  public Learner(Map<String, Tensor> trained, Settings settings) {
    this.weights = new FlatWeights(trained);
    this.adam = new AdamW(weights, settings.adam());
    this.average =
        settings.averageDecay() > 0 ? new WeightAverage(weights, settings.averageDecay()) : null;
    this.maxGradNorm = settings.maxGradNorm();
  }

  /** Forgets the gradients: call it before the first {@code backward} of a step. */
  public void begin() {
    weights.gradients().fillInPlace(0);
  }

  /**
   * Updates the weights with the gradients collected since {@link #begin()}.
   *
   * @param step counted from 0
   * @return the length of the gradient before clipping; if it is not finite, nothing was changed
   */
  public double update(double learningRate, long step) {
    return Grad.off(
        () -> {
          double norm;
          try (Scope scope = Scope.open()) {
            norm = Functional.norm(weights.gradients(), 0).item();
          }
          if (!Double.isFinite(norm)) {
            return norm;
          }
          // As torch.nn.utils.clip_grad_norm_, with its small number in the divisor.
          double factor = maxGradNorm / (norm + 1e-6);
          if (factor < 1) {
            weights.gradients().timesInPlace(factor);
          }
          adam.update(learningRate, step + 1);
          if (average != null) {
            average.follow(step + 1);
          }
          return norm;
        });
  }

  /** The averaged weights by name, or the live ones if no average is kept. */
  public Map<String, Tensor> averagedWeights() {
    return weights.cut(average == null ? weights.values() : average.average());
  }

  /**
   * Runs {@code body} with the averaged weights in the network's place, and puts the live ones back
   * afterwards.
   */
  public void withAveragedWeights(Runnable body) {
    if (average == null) {
      body.run();
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor live = weights.values().copy();
      Grad.off(() -> weights.values().copyInPlace(average.average()));
      try {
        body.run();
      } finally {
        Grad.off(() -> weights.values().copyInPlace(live));
      }
    }
  }

  /** What a resumed run needs beside the weights, by name. */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("weights", weights.values());
    state.put("mean", adam.mean());
    state.put("square", adam.square());
    if (average != null) {
      state.put("average", average.average());
    }
    return state;
  }

  @Override
  public void close() {
    weights.close();
    adam.close();
    if (average != null) {
      average.close();
    }
  }
}
