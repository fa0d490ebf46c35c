package dev.currywurst.nn;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    /** See {@link Parameters#isFrozen}. */
    default boolean frozen() {
      return false;
    }
  }

  private static final class Registry {
    final Source source;
    final Map<String, Tensor> weights = new LinkedHashMap<>();
    final Map<String, Tensor> buffers = new LinkedHashMap<>();

    /** What layers made from frozen weights. */
    final List<Tensor> derived = new ArrayList<>();

    LowRank.@Nullable Source additions;
    @Nullable DType dtype;
    long count;

    Registry(Source source) {
      this.source = source;
    }
  }

  private final Registry registry;
  private final String prefix;

  private Parameters(Registry registry, String prefix) {
    this.registry = registry;
    this.prefix = prefix;
  }

  public static Parameters from(Source source) {
    return new Parameters(new Registry(source), "");
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

  /**
   * These parameters, of which linear layers are made with low-rank additions from now on.
   *
   * @param additions which keeps what is added: it is none of these weights
   */
  public Parameters with(LowRank.Source additions) {
    if (isFrozen()) {
      throw new IllegalStateException("frozen layers learn nothing");
    }
    registry.additions = additions;
    return this;
  }

  /** What is added to the linear layer that these weights belong to. */
  @Nullable LowRank addition(long in, long out) {
    LowRank.Source additions = registry.additions;
    return additions == null
        ? null
        : additions.of(prefix.substring(0, Math.max(0, prefix.length() - 1)), in, out);
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
    Tensor weight = take(registry.weights, name, init, shape);
    registry.count += weight.elements();
    if (registry.dtype == null) {
      registry.dtype = weight.dtype();
    }
    return weight;
  }

  /** A buffer, such as running statistics: saved with the weights, but not trained. */
  public Tensor buffer(String name, Init init, long... shape) {
    return take(registry.buffers, name, init, shape);
  }

  /**
   * True if the weights serve generation alone: nobody will change them or ask to have them back,
   * so that layers may keep them in another form and {@link #discard} what they were given.
   */
  public boolean isFrozen() {
    return registry.source.frozen();
  }

  /** Owns what a layer made from frozen weights, until these parameters are closed. */
  public Tensor keep(Tensor derived) {
    registry.derived.add(derived.own());
    return derived;
  }

  /** Frees a weight that was taken or {@linkplain #keep kept} and is not needed any more. */
  public void discard(Tensor weight) {
    if (!isFrozen()) {
      throw new IllegalStateException("these weights may be asked for again");
    }
    registry.weights.values().removeIf(own -> own == weight);
    registry.derived.removeIf(own -> own == weight);
    weight.close();
  }

  private Tensor take(Map<String, Tensor> into, String name, Init init, long... shape) {
    String path = prefix + name;
    Tensor tensor;
    try (Scope scope = Scope.open()) {
      tensor = registry.source.take(path, init, shape).own();
    }
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

  /**
   * The trainable weights by full name, in the order of their making; of frozen ones, those that
   * layers keep as they were given.
   */
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

  /** How many numbers were taken as weights, without buffers. */
  public long count() {
    return registry.count;
  }

  /** The type that the network computes in: that of its first weight. */
  public DType dtype() {
    if (registry.dtype == null) {
      throw new IllegalStateException("the network has no weights");
    }
    return registry.dtype;
  }

  @Override
  public void close() {
    registry.weights.values().forEach(Tensor::close);
    registry.buffers.values().forEach(Tensor::close);
    registry.derived.forEach(Tensor::close);
  }
}
