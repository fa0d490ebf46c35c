package dev.currywurst.nn;

import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * y = x Wᵀ + b over the last dimension.
 *
 * <p>Made from {@link Parameters#isFrozen frozen} parameters, a layer keeps its weight packed for
 * the matrix kernels of this machine, where they have such a form.
 */
public final class Linear {
  /**
   * Numbers of a weight up to which {@link #applyAll} joins it with others: copying more takes
   * longer than a product of its own. A model of the published size is beyond, the bundled one not.
   */
  private static final long JOINED = 1 << 17;

  /**
   * A weight [out, in] and a bias [out], of a layer or folded from those of several.
   *
   * @param addition what is learned beside the weight, if anything
   */
  public record Weights(Tensor weight, @Nullable Tensor bias, @Nullable LowRank addition) {
    /** Without an addition. */
    public Weights(Tensor weight, @Nullable Tensor bias) {
      this(weight, bias, null);
    }

    /** Those of the layer below {@code p}. */
    public static Weights take(Parameters p, long in, long out, Init init, boolean hasBias) {
      return new Weights(
          p.weight("weight", init, out, in),
          hasBias ? p.weight("bias", Init.ZERO, out) : null,
          p.addition(in, out));
    }

    /** The weight and what is added to it, for folding; the open scope owns a sum. */
    public Tensor wholeWeight() {
      return addition == null ? weight : addition.addTo(weight);
    }

    /** The bias of a layer that has one. */
    public Tensor requireBias() {
      if (bias == null) {
        throw new IllegalStateException("this layer has no bias");
      }
      return bias;
    }
  }

  private final @Nullable Tensor weight;
  private final @Nullable PackedWeight packed;
  private final @Nullable Tensor bias;
  private final @Nullable LowRank addition;

  private Linear(Weights weights) {
    this.weight = weights.weight();
    this.packed = null;
    this.bias = weights.bias();
    this.addition = weights.addition();
  }

  public Linear(Parameters p, long in, long out) {
    this(p, in, out, Init.XAVIER, true);
  }

  public Linear(Parameters p, long in, long out, Init init, boolean hasBias) {
    this(p, Weights.take(p, in, out, init, hasBias));
  }

  private Linear(Parameters p, Weights weights) {
    boolean packs = p.isFrozen() && PackedWeight.suits(weights.weight());
    this.packed = packs ? PackedWeight.of(weights.weight(), p) : null;
    this.weight = packs ? null : weights.weight();
    this.bias = weights.bias();
    this.addition = weights.addition();
    if (packs) {
      p.discard(weights.weight());
    }
  }

  /** A layer over weights that {@code p} owns. */
  public static Linear of(Parameters p, Weights weights) {
    return new Linear(p, weights);
  }

  /** A layer over weights that somebody else owns. */
  public static Linear of(Weights weights) {
    return new Linear(weights);
  }

  /**
   * A layer over weights that were folded from frozen ones: {@code p} owns {@code folded} from now
   * on and frees what it does not share with {@code original}.
   */
  public static Linear replacing(Parameters p, Weights original, Weights folded) {
    if (original.weight() != folded.weight()) {
      p.discard(original.weight());
      p.keep(folded.weight());
    }
    if (original.requireBias() != folded.requireBias()) {
      p.discard(original.requireBias());
      p.keep(folded.requireBias());
    }
    return new Linear(p, folded);
  }

  /** Lets the weights outlive {@code scope}, if it owns them. */
  public Linear keepIn(Scope scope) {
    if (weight != null) {
      scope.keep(weight);
    }
    if (bias != null) {
      scope.keep(bias);
    }
    return this;
  }

  /** [..., in] to [..., out]. */
  public Tensor apply(Tensor x) {
    PackedWeight w = packed;
    if (w != null) {
      return w.apply(x, bias, false);
    }
    LowRank learned = addition;
    return learned == null
        ? apply(x, plainWeight(), bias)
        : Scope.tidy(() -> learned.addTo(apply(x, plainWeight(), bias), x));
  }

  /** GELU(x Wᵀ + b), with the exact error function: [..., in] to [..., out]. */
  public Tensor applyGelu(Tensor x) {
    PackedWeight w = packed;
    return w != null ? w.apply(x, bias, true) : Scope.tidy(() -> Functional.gelu(apply(x)));
  }

  /** x Wᵀ + b + addend: [..., in] and [..., out] to [..., out]. */
  public Tensor applyPlus(Tensor x, Tensor addend) {
    PackedWeight w = packed;
    return w != null ? w.applyPlus(x, addend, bias) : Scope.tidy(() -> addend.plus(apply(x)));
  }

  /**
   * Several layers over the same input [..., in], each to [..., out]: as one product where
   * gradients are recorded and the weights are so small that joining them costs less than it saves.
   */
  public static List<Tensor> applyAll(Tensor x, List<Linear> layers) {
    if (layers.isEmpty() || !layers.stream().allMatch(Linear::joins)) {
      return layers.stream().map(each -> each.apply(x)).toList();
    }
    try (Scope scope = Scope.open()) {
      List<Tensor> results = applyJoined(x, joined(layers), layers);
      results.forEach(scope::keep);
      return results;
    }
  }

  /** Whether a product together with others is faster than one of its own. */
  boolean joins() {
    return Grad.isOn()
        && weight != null
        && bias != null
        && addition == null
        && weight.elements() <= JOINED;
  }

  /** The rows of layers that {@linkplain #joins join}, one below the other. */
  static Weights joined(List<Linear> layers) {
    return new Weights(
        Tensor.cat(layers.stream().map(Linear::plainWeight).toList(), 0),
        Tensor.cat(layers.stream().map(layer -> layer.bias).toList(), 0));
  }

  /** One product over the rows of all layers, cut into what each of them gives. */
  static List<Tensor> applyJoined(Tensor x, Weights rows, List<Linear> layers) {
    long[] widths = layers.stream().mapToLong(Linear::outputs).toArray();
    return apply(x, rows.weight(), rows.bias()).split(-1, widths);
  }

  /** Numbers in a row of what this layer gives. */
  long outputs() {
    return plainWeight().size(0);
  }

  private Tensor plainWeight() {
    if (weight == null) {
      throw new IllegalStateException("the weight is packed");
    }
    return weight;
  }

  /** [..., in] to [..., out] with weights that are not a layer's own. */
  public static Tensor apply(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Scope.tidy(
        () -> {
          // Two dimensions always: from four, libtorch falls back to a product and a separate
          // addition, and from a permuted view to a batched product with an expanded weight.
          Tensor rows = x.dims() == 2 ? x : x.reshape(-1, x.size(-1));
          Tensor y =
              Engine.compute(
                  () -> {
                    try (var transposed = weight.raw().t()) {
                      return bias == null
                          ? torch.mm(rows.raw(), transposed)
                          : torch.addmm(bias.raw(), rows.raw(), transposed);
                    }
                  });
          return x.dims() == 2 ? y : y.reshape(withLast(x.shape(), weight.size(0)));
        });
  }

  private static long[] withLast(long[] shape, long last) {
    long[] result = Arrays.copyOf(shape, shape.length);
    result[result.length - 1] = last;
    return result;
  }
}
