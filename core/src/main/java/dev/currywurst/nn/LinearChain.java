package dev.currywurst.nn;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A layer, and some that follow it with nothing between: each block of Stage C maps the text, and
 * makes keys and values of that.
 *
 * @param first maps the input
 * @param then map what {@code first} gives
 */
public record LinearChain(Linear first, List<Linear> then) {
  public LinearChain {
    then = List.copyOf(then);
  }

  /**
   * Several chains over the same input [..., in], each to what its last layers give.
   *
   * <p>W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂): where gradients are recorded, the weights are
   * small and x has more rows than a chain has outputs, so that folding costs less than the product
   * it saves, all chains become one product. A dozen small ones in each direction spend a third of
   * their time on anything but arithmetic.
   */
  public static List<List<Tensor>> applyAll(Tensor x, List<LinearChain> chains) {
    if (chains.isEmpty() || !joins(x, chains)) {
      return chains.stream().map(chain -> chain.apply(x)).toList();
    }
    try (Scope scope = Scope.open()) {
      List<Linear> firsts = chains.stream().map(LinearChain::first).toList();
      List<Linear> last = chains.stream().flatMap(chain -> chain.then.stream()).toList();
      Linear.Weights a = Linear.joined(firsts); // [n·m, in]
      Linear.Weights b = Linear.joined(last); // [n·o, m]
      int n = chains.size();
      Tensor perChain = b.weight().reshape(n, -1, b.weight().size(1)); // [n, o, m]
      Tensor weight = perChain.bmm(a.weight().reshape(n, -1, a.weight().size(1))); // [n, o, in]
      Tensor bias = perChain.bmm(a.requireBias().reshape(n, -1, 1)).reshape(-1); // [n·o]
      Linear.Weights folded =
          new Linear.Weights(weight.reshape(-1, weight.size(2)), bias.plus(b.requireBias()));
      List<Tensor> results = Linear.applyJoined(x, folded, last);
      results.forEach(scope::keep);
      List<List<Tensor>> perLayer = new ArrayList<>();
      int next = 0;
      for (LinearChain chain : chains) {
        perLayer.add(List.copyOf(results.subList(next, next + chain.then.size())));
        next += chain.then.size();
      }
      return perLayer;
    }
  }

  private static boolean joins(Tensor x, List<LinearChain> chains) {
    LinearChain one = chains.get(0);
    long rows = x.elements() / x.size(-1);
    boolean alike =
        chains.stream()
            .allMatch(
                chain ->
                    chain.first.joins()
                        && chain.then.stream().allMatch(Linear::joins)
                        && chain.outputs() == one.outputs()
                        && chain.first.outputs() == one.first.outputs());
    return alike && rows > one.outputs();
  }

  private long outputs() {
    return then.stream().mapToLong(Linear::outputs).sum();
  }

  private List<Tensor> apply(Tensor x) {
    try (Scope scope = Scope.open()) {
      List<Tensor> results = Linear.applyAll(first.apply(x), then);
      results.forEach(scope::keep);
      return results;
    }
  }
}
