package dev.currywurst.nn;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weights of one network by name. A network's constructor asks for each weight where it makes
 * the layer, so the name in the checkpoint stands at the point of use:
 *
 * <pre>{@code
 * this.query = new Linear(p.at("to_q"), width, width); // reads to_q.weight and to_q.bias
 * }</pre>
 *
 * <p>Whether the weights come from a file or are drawn is decided by the {@link Source}. The
 * parameters own all tensors that were asked for, until they are closed.
 */
public final class Parameters implements AutoCloseable {
  /** Where weights come from. */
  public interface Source {
    /** The tensor called {@code name}, of this very shape; it will be owned by the parameters. */
    Tensor take(String name, Init init, long... shape);

    /** What to add to an error message: the file, or "fresh weights". */
    String origin();
  }

  private record Registry(
      Source source, Map<String, Tensor> weights, Map<String, Tensor> buffers) {}

  private final Registry registry;
  private final String prefix;

  private Parameters(Registry registry, String prefix) {
    this.registry = registry;
    this.prefix = prefix;
  }

  public static Parameters from(Source source) {
    return new Parameters(new Registry(source, new LinkedHashMap<>(), new LinkedHashMap<>()), "");
  }

  /**
   * Float32 weights drawn in the order in which layers are made: the same seed, the same weights.
   */
  public static Parameters fresh(long seed) {
    return from(
        new Source() {
          private long drawn;

          @Override
          public Tensor take(String name, Init init, long... shape) {
            try (Generator random = new Generator(seed + drawn++)) {
              return init.draw(random, shape);
            }
          }

          @Override
          public String origin() {
            return "fresh weights";
          }
        });
  }

  /** The weights below {@code name}. */
  public Parameters at(String name) {
    return new Parameters(registry, prefix + name + ".");
  }

  /** The weights below the {@code index}-th child. */
  public Parameters at(int index) {
    return at(Integer.toString(index));
  }

  /** A weight: training changes it. */
  public Tensor weight(String name, Init init, long... shape) {
    return take(registry.weights, name, init, shape);
  }

  /** A buffer, such as running statistics: saved with the weights, but not trained. */
  public Tensor buffer(String name, Init init, long... shape) {
    return take(registry.buffers, name, init, shape);
  }

  private Tensor take(Map<String, Tensor> into, String name, Init init, long... shape) {
    String path = prefix + name;
    Tensor tensor = Scope.tidy(() -> registry.source.take(path, init, shape)).own();
    if (!java.util.Arrays.equals(tensor.shape(), shape)) {
      String actual = java.util.Arrays.toString(tensor.shape());
      tensor.close();
      throw new CurrywurstException(
          "%s: weight %s has shape %s where %s is expected; the file does not belong to this configuration."
              .formatted(registry.source.origin(), path, actual, java.util.Arrays.toString(shape)));
    }
    if (into.put(path, tensor) != null) {
      throw new IllegalStateException("weight " + path + " was asked for twice");
    }
    return tensor;
  }

  /** The trainable weights by full name, in the order of their making. */
  public Map<String, Tensor> weights() {
    return Collections.unmodifiableMap(registry.weights);
  }

  /** The buffers by full name. */
  public Map<String, Tensor> buffers() {
    return Collections.unmodifiableMap(registry.buffers);
  }

  /** Weights and buffers: what a checkpoint holds. */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(registry.weights);
    state.putAll(registry.buffers);
    return state;
  }

  /** How many numbers the weights hold, without buffers. */
  public long count() {
    return registry.weights.values().stream().mapToLong(Tensor::elements).sum();
  }

  /** The type that the network computes in: that of its first weight. */
  public DType dtype() {
    return registry.weights.values().iterator().next().dtype();
  }

  @Override
  public void close() {
    registry.weights.values().forEach(Tensor::close);
    registry.buffers.values().forEach(Tensor::close);
  }
}
