package dev.currywurst.train.optim;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
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

  /**
   * Moves weights into one tensor.
   *
   * @param weights by name, float32 leaves; they keep their shapes and values
   */
  public FlatWeights(Map<String, Tensor> weights) {
    this.weights = new LinkedHashMap<>(weights);
    long total = weights.values().stream().mapToLong(w -> padded(w.elements())).sum();
    try (Scope scope = Scope.open()) {
      this.values = Tensor.zeros(DType.FLOAT32, total).own();
      this.gradients = Tensor.zeros(DType.FLOAT32, total).own();
      Map<String, Tensor> places = cut(values);
      Map<String, Tensor> slopes = cut(gradients);
      weights.forEach(
          (name, weight) -> {
            Tensor place = places.get(name);
            place.copyInPlace(weight.detach());
            weight.moveInto(place, slopes.get(name));
            weight.requiresGrad(true);
          });
    }
  }

  /** Bytes that a weight of this shape takes in {@link #values()}. */
  static long bytes(long... shape) {
    return Float.BYTES * padded(elements(shape));
  }

  static long elements(long... shape) {
    long product = 1;
    for (long extent : shape) {
      product *= extent;
    }
    return product;
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

  /**
   * A tensor that is laid out as {@link #values()}, such as an average, cut into the weights'
   * shapes: views of it by the weights' names, owned by the open scope.
   */
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
