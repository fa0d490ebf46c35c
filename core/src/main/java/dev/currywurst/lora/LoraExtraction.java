package dev.currywurst.lora;

import dev.currywurst.tensor.Arithmetic.SingularVectors;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a LoRA of what a fine-tuning changed: of each layer's difference the best approximation of
 * a given rank, by its singular vectors (Eckart and Young 1936).
 *
 * @param squares of each layer's difference: all of it, and what the LoRA lacks
 * @param leftOut weights that differ and that a LoRA cannot hold, such as norms and biases
 */
public record LoraExtraction(
    Map<LoraTarget, LoraFactors> layers, Map<LoraTarget, Squares> squares, Set<String> leftOut) {
  /**
   * The squared length of a difference.
   *
   * @param all of the whole
   * @param missing of what is left without the LoRA's part
   */
  public record Squares(double all, double missing) {}

  /** Told of each layer before it is decomposed. */
  public interface Listener {
    void decomposing(LoraTarget target);
  }

  /**
   * Compares two files of one network.
   *
   * @param settings their rank, or the layer's smaller side if that is less; and which layers
   * @return tensors owned by the open scope
   * @throws CurrywurstException if the files are of networks of different make or size
   */
  public static LoraExtraction of(
      LoraPart part,
      WeightFile base,
      WeightFile tuned,
      AdapterSettings settings,
      Listener listener) {
    Map<LoraTarget, LoraFactors> layers = new LinkedHashMap<>();
    Map<LoraTarget, Squares> squares = new LinkedHashMap<>();
    Set<String> leftOut = new LinkedHashSet<>();
    Map<String, String> befores = WeightSource.names(base, part == LoraPart.TEXT_ENCODER);
    Map<String, String> afters = WeightSource.names(tuned, part == LoraPart.TEXT_ENCODER);
    requireAll(befores.keySet(), base, afters.keySet(), tuned);
    requireAll(afters.keySet(), tuned, befores.keySet(), base);
    for (String name : befores.keySet()) {
      String own = befores.get(name);
      String other = afters.get(name);
      if (!base.entry(own).shape().equals(tuned.entry(other).shape())) {
        throw new CurrywurstException(
            "The weight %s is %s in %s and %s in %s; the models are of different sizes."
                .formatted(
                    name,
                    base.entry(own).shape(),
                    base.path(),
                    tuned.entry(other).shape(),
                    tuned.path()));
      }
      if (base.entry(own).type().dtype().filter(DType::isFloatingPoint).isEmpty()) {
        continue;
      }
      try (Scope scope = Scope.open()) {
        Tensor before = base.tensor(own).to(DType.FLOAT32);
        Tensor difference = tuned.tensor(other).to(DType.FLOAT32).minus(before);
        double square = difference.square().sum().item();
        if (square == 0) {
          continue;
        }
        Optional<LoraTarget> target =
            target(part, name).filter(its -> settings.wants(its.module()));
        if (target.isEmpty()) {
          leftOut.add(name);
          continue;
        }
        listener.decomposing(target.get());
        LoraFactors factors = factors(difference.reshape(difference.size(0), -1), settings.rank());
        scope.keep(factors.down());
        scope.keep(factors.up());
        layers.put(target.get(), factors);
        Tensor rest = difference.reshape(difference.size(0), -1).minus(factors.product(1));
        squares.put(target.get(), new Squares(square, rest.square().sum().item()));
      }
    }
    return new LoraExtraction(layers, squares, leftOut);
  }

  private static void requireAll(
      Set<String> names, WeightFile file, Set<String> others, WeightFile other) {
    for (String name : names) {
      if (!others.contains(name)) {
        throw new CurrywurstException(
            "%s has no weight %s, which is in %s; the models are of different make."
                .formatted(other.path(), name, file.path()));
      }
    }
  }

  /** The share of the squared difference that the LoRA holds, all its layers together. */
  public double keptShare() {
    double all = squares.values().stream().mapToDouble(Squares::all).sum();
    return 1 - squares.values().stream().mapToDouble(Squares::missing).sum() / all;
  }

  private static Optional<LoraTarget> target(LoraPart part, String name) {
    return name.endsWith(".weight")
        ? LoraNames.module(part, name.substring(0, name.length() - ".weight".length()))
        : Optional.empty();
  }

  /** Each factor takes the root of the singular values, so that neither is much larger. */
  private static LoraFactors factors(Tensor difference, int rank) {
    SingularVectors all = difference.singularVectors();
    long k = Math.min(rank, all.values().size(0));
    Tensor root = all.values().narrow(0, 0, k).sqrt();
    return new LoraFactors(
        all.v().narrow(0, 0, k).times(root.unsqueeze(1)),
        all.u().narrow(1, 0, k).times(root.unsqueeze(0)),
        1);
  }
}
