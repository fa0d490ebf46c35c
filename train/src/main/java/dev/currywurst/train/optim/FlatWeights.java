package dev.currywurst.train.optim;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All trainable weights of a network, and their gradients, as two flat tensors. The network's own
 * tensors become views: autograd adds into the flat gradient, and an update of the flat weights is
 * an update of the network.
 */
public final class FlatWeights implements AutoCloseable {
  /** Each weight begins on a cache line. */
  private static final int ALIGNMENT = 16;

  private final Map<String, Tensor> weights;
  private final Tensor values;
  private final Tensor gradients;

  public FlatWeights(Map<String, Tensor> weights) {
    this.weights = new LinkedHashMap<>(weights);
    long total = 0;
    for (Tensor weight : weights.values()) {
      total += padded(weight.elements());
    }
    try (Scope scope = Scope.open()) {
      this.values = Tensor.zeros(DType.FLOAT32, total).own();
      this.gradients = Tensor.zeros(DType.FLOAT32, total).own();
      long start = 0;
      for (Tensor weight : weights.values()) {
        Tensor place = values.narrow(0, start, weight.elements()).reshape(weight.shape());
        Tensor gradient = gradients.narrow(0, start, weight.elements()).reshape(weight.shape());
        place.copyInPlace(weight.detach());
        weight.moveInto(place, gradient);
        weight.requiresGrad(true);
        start += padded(weight.elements());
      }
    }
  }

  private static long padded(long elements) {
    return (elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** All weights, [n] float32, with zeros between them. */
  public Tensor values() {
    return values;
  }

  /** All gradients, [n] float32. */
  public Tensor gradients() {
    return gradients;
  }

  /** The views by name. */
  public Collection<String> names() {
    return weights.keySet();
  }

  /** A flat tensor such as an average, cut into the shapes of the weights: views of it by name. */
  public Map<String, Tensor> cut(Tensor flat) {
    Map<String, Tensor> parts = new LinkedHashMap<>();
    long start = 0;
    for (Map.Entry<String, Tensor> weight : weights.entrySet()) {
      long elements = weight.getValue().elements();
      parts.put(
          weight.getKey(), flat.narrow(0, start, elements).reshape(weight.getValue().shape()));
      start += padded(elements);
    }
    return parts;
  }

  @Override
  public void close() {
    values.close();
    gradients.close();
  }
}
