package dev.currywurst.blend;

import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ComponentFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightChange;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One network in two models: the same weights with other values. */
final class NetworkPair {
  private final Component component;
  private final ComponentFolder first;
  private final WeightFile before;
  private final WeightFile after;

  /** By the network's names; how each file calls it. */
  private final Map<String, Names> names = new LinkedHashMap<>();

  private record Names(String before, String after) {}

  /** The norm of the first model's weight and that of the difference. */
  record Distance(double norm, double difference) {}

  private NetworkPair(ComponentFolder first, WeightFile before, WeightFile after) {
    this.component = first.component();
    this.first = first;
    this.before = before;
    this.after = after;
  }

  /**
   * Compares names, shapes and settings.
   *
   * @throws CurrywurstException if they differ
   */
  static NetworkPair of(ComponentFolder first, ComponentFolder second) {
    requireSameSettings(first, second);
    NetworkPair pair =
        new NetworkPair(first, first.weights(DType.FLOAT32), second.weights(DType.FLOAT32));
    Map<String, String> firsts = pair.named(pair.before);
    Map<String, String> seconds = pair.named(pair.after);
    Set<String> single = new LinkedHashSet<>(firsts.keySet());
    single.addAll(seconds.keySet());
    single.removeIf(name -> firsts.containsKey(name) && seconds.containsKey(name));
    if (!single.isEmpty()) {
      String name = single.iterator().next();
      throw new CurrywurstException(
          "The %s of both models are of different make: only %s has %s (and %d more like it)."
              .formatted(
                  first.component(),
                  firsts.containsKey(name) ? pair.before.path() : pair.after.path(),
                  name,
                  single.size() - 1));
    }
    firsts.forEach((name, own) -> pair.add(name, own, seconds.get(name)));
    return pair;
  }

  private void add(String name, String own, String other) {
    if (!before.entry(own).shape().equals(after.entry(other).shape())) {
      throw new CurrywurstException(
          "The %s of both models are of different sizes: %s is %s in %s and %s in %s."
              .formatted(
                  component,
                  name,
                  before.entry(own).shape(),
                  before.path(),
                  after.entry(other).shape(),
                  after.path()));
    }
    names.put(name, new Names(own, other));
  }

  private Map<String, String> named(WeightFile file) {
    return WeightSource.names(
        file,
        component == Component.PRIOR_TEXT_ENCODER || component == Component.DECODER_TEXT_ENCODER);
  }

  private static void requireSameSettings(ComponentFolder first, ComponentFolder second) {
    Object own = settings(first);
    Object other = settings(second);
    if (!own.equals(other)) {
      throw new CurrywurstException(
          "The %s in %s and %s are of different make: %s, and %s."
              .formatted(first.component(), first.folder(), second.folder(), own, other));
    }
  }

  /** What heads and strides change shows in no weight's shape. */
  private static Object settings(ComponentFolder folder) {
    ConfigFile config = folder.config();
    return switch (folder.component()) {
      case PRIOR -> StageCConfig.read(config).toJson().without("dropout");
      case DECODER -> StageBConfig.read(config).toJson().without("dropout");
      case VQGAN -> StageAConfig.read(config);
      case IMAGE_ENCODER -> ImageEncoderConfig.read(config);
      default -> ClipTextConfig.read(config);
    };
  }

  Component component() {
    return component;
  }

  /** Where the first model has it. */
  ComponentFolder first() {
    return first;
  }

  /** Its weights. */
  Set<String> names() {
    return names.keySet();
  }

  Distance distance(String name) {
    try (Scope scope = Scope.open()) {
      Tensor own = first(name);
      double norm = norm(own);
      return new Distance(norm, norm(second(name).minus(own)));
    }
  }

  private static double norm(Tensor values) {
    return Math.sqrt(values.to(DType.FLOAT64).square().sum().item());
  }

  private Tensor first(String name) {
    return before.tensor(names.get(name).before()).to(DType.FLOAT32);
  }

  private Tensor second(String name) {
    return after.tensor(names.get(name).after()).to(DType.FLOAT32);
  }

  /** (1 - alpha) A + alpha B for each weight; nothing if all alphas are 0. */
  Optional<WeightChange> change(Map<String, Double> alphas) {
    Map<String, Double> changed = new LinkedHashMap<>(alphas);
    changed.values().removeIf(alpha -> alpha == 0);
    return changed.isEmpty() ? Optional.empty() : Optional.of(new Blended(changed));
  }

  private final class Blended implements WeightChange {
    private final Map<String, Double> alphas;

    Blended(Map<String, Double> alphas) {
      this.alphas = alphas;
    }

    @Override
    public Set<String> names() {
      return alphas.keySet();
    }

    @Override
    public Tensor apply(String name, Tensor stored) {
      double alpha = alphas.get(name);
      return Scope.tidy(
          () -> {
            Tensor other = second(name);
            // To the bit at 1, as at 0: a swap of layers changes no rounding.
            return alpha == 1 ? other : stored.times(1 - alpha).plus(other.times(alpha));
          });
    }

    @Override
    public String origin() {
      return "The blend with " + after.path();
    }
  }
}
