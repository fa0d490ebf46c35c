package dev.currywurst.train.optim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.nn.FusedAdamW;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as {@code torch.optim.AdamW}, with
 * PyTorch's own fused kernel over all weights at once.
 */
public final class AdamW implements Optimizer {
  /**
   * The usual knobs.
   *
   * @param beta1 how slowly the mean of gradients follows
   * @param beta2 how slowly the mean of squares follows
   * @param eps added to the root of the mean of squares
   * @param weightDecay part of the weights that a rate of 1 would remove at each step
   */
  public record Settings(double beta1, double beta2, double eps, double weightDecay)
      implements Optimizer.Settings {
    static final String KEY = "adamw";

    /** PyTorch's defaults. */
    public static final Settings DEFAULT = new Settings(0.9, 0.999, 1e-8, 0.01);

    public Settings {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps > 0 && weightDecay >= 0)) {
        throw new CurrywurstException(
            "AdamW needs betas from 0 to below 1, an epsilon above 0 and a weight decay of at least 0, not %s, %s, %s and %s."
                .formatted(beta1, beta2, eps, weightDecay));
      }
    }

    @Override
    public String key() {
      return KEY;
    }

    @Override
    public AdamW over(FlatWeights weights) {
      return new AdamW(weights, this);
    }

    @Override
    public long stateBytes(long... shape) {
      return 2 * FlatWeights.bytes(shape);
    }

    @Override
    public void describe(ObjectNode json) {
      json.put("adam_beta1", beta1)
          .put("adam_beta2", beta2)
          .put("adam_epsilon", eps)
          .put("adam_weight_decay", weightDecay);
    }
  }

  private final FlatWeights weights;
  private final Settings settings;
  private final Tensor mean;
  private final Tensor square;

  public AdamW(FlatWeights weights, Settings settings) {
    this.weights = weights;
    this.settings = settings;
    try (Scope scope = Scope.open()) {
      this.mean = Tensor.zeros(DType.FLOAT32, weights.values().elements()).own();
      this.square = Tensor.zeros(DType.FLOAT32, weights.values().elements()).own();
    }
  }

  @Override
  public void update(double learningRate, long step, double factor) {
    FusedAdamW.Knobs knobs =
        new FusedAdamW.Knobs(
            learningRate,
            settings.beta1(),
            settings.beta2(),
            settings.weightDecay(),
            settings.eps(),
            step);
    FusedAdamW.update(
        weights.values(), weights.gradients(), mean, square, knobs, factor < 1 ? 1 / factor : 1);
  }

  /** "mean" and "square" of each weight's gradients. */
  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    weights.cut(mean).forEach((name, part) -> state.put("mean." + name, part));
    weights.cut(square).forEach((name, part) -> state.put("square." + name, part));
    return state;
  }

  @Override
  public void close() {
    mean.close();
    square.close();
  }
}
