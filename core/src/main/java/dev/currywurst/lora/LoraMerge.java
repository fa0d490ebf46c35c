package dev.currywurst.lora;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.WeightChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The sum of LoRAs, added to the weights of one network: W + Σ strength · (alpha / rank) B A, in
 * float32. While weights are loaded this is a {@link WeightChange}, after which the network runs as
 * fast as without; on weights that are in use it can be taken back exactly.
 */
public final class LoraMerge implements WeightChange {
  private final List<ScaledLora> loras;
  private final Map<String, LoraTarget> targets;

  private LoraMerge(List<ScaledLora> loras, Map<String, LoraTarget> targets) {
    this.loras = loras;
    this.targets = targets;
  }

  /** What {@code loras} change in {@code part}; nothing if they do not. */
  public static Optional<WeightChange> of(List<ScaledLora> loras, LoraPart part) {
    List<ScaledLora> changing = loras.stream().filter(lora -> lora.file().changes(part)).toList();
    Map<String, LoraTarget> targets = new LinkedHashMap<>();
    for (ScaledLora lora : changing) {
      for (LoraTarget target : lora.file().layers().keySet()) {
        if (target.part() == part) {
          targets.put(target.weight(), target);
        }
      }
    }
    return targets.isEmpty() ? Optional.empty() : Optional.of(new LoraMerge(changing, targets));
  }

  @Override
  public Set<String> names() {
    return targets.keySet();
  }

  @Override
  public Tensor apply(String name, Tensor stored) {
    LoraTarget target = targets.get(name);
    if (target == null) {
      throw new IllegalArgumentException("no LoRA changes " + name);
    }
    return Scope.tidy(
        () -> {
          Tensor sum = stored;
          for (ScaledLora lora : loras) {
            LoraFile.Layer layer = lora.file().layers().get(target);
            if (layer != null && lora.strength() != 0) {
              requireFit(lora.file(), layer, stored);
              Tensor product = lora.file().factors(target).product(lora.strength());
              sum = sum.plus(product.reshape(stored.shape()));
            }
          }
          return sum == stored ? stored.alias() : sum;
        });
  }

  private static void requireFit(LoraFile file, LoraFile.Layer layer, Tensor weight) {
    long[] expected = new long[weight.dims()];
    Arrays.fill(expected, 1);
    expected[0] = layer.out();
    expected[1] = layer.in();
    if (!Arrays.equals(expected, weight.shape())) {
      throw new CurrywurstException(
          "The LoRA %s changes %s as a weight %s, and the model's is %s; it was made for another model."
              .formatted(
                  file,
                  layer.target(),
                  Arrays.toString(expected),
                  Arrays.toString(weight.shape())));
    }
  }

  @Override
  public String origin() {
    return loras.stream()
        .map(lora -> "The LoRA " + lora.file())
        .collect(Collectors.joining(" with "));
  }

  /** Weights that were changed in place, until they are put back to the bit. */
  public static final class Merged implements AutoCloseable {
    private final Map<String, Tensor> weights;
    private final List<String> names = new ArrayList<>();
    private final List<Tensor> originals = new ArrayList<>();

    private Merged(Map<String, Tensor> weights) {
      this.weights = weights;
    }

    @Override
    public void close() {
      for (int i = 0; i < names.size(); i++) {
        weights.get(names.get(i)).copyInPlace(originals.get(i));
        originals.get(i).close();
      }
      names.clear();
      originals.clear();
    }
  }

  /**
   * Merges into weights that are in use; they must be writable, and no gradient be recorded.
   *
   * @param weights of the network by name
   * @return what takes it back: the original values are kept beside until then
   * @throws CurrywurstException if the LoRA changes weights that are not there, or are of another
   *     shape; nothing is changed then
   */
  public static Merged into(Map<String, Tensor> weights, WeightChange change) {
    List<String> missing =
        change.names().stream().filter(name -> !weights.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new CurrywurstException(
          "%s does not fit the model: it has no weight %s."
              .formatted(change.origin(), missing.get(0)));
    }
    Merged merged = new Merged(weights);
    boolean done = false;
    try {
      for (String name : change.names()) {
        try (Scope scope = Scope.open()) {
          Tensor weight = weights.get(name);
          Tensor original = weight.copy();
          Tensor changed = change.apply(name, original.to(DType.FLOAT32));
          weight.copyInPlace(changed);
          merged.names.add(name);
          merged.originals.add(original.own());
        }
      }
      done = true;
      return merged;
    } finally {
      if (!done) {
        merged.close();
      }
    }
  }
}
