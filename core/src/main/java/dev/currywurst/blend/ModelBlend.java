package dev.currywurst.blend;

import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ComponentFolder;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelWriter;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.WeightChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Two models of one architecture, and all that lies on the line between them: (1 - alpha) A + alpha
 * B, in float32. So was the published v2 made of a base and an aesthetic fine-tuning, and so is the
 * strength of a fine-tuning chosen afterwards.
 *
 * <pre>{@code
 * ModelBlend blend = ModelBlend.of(ModelFolder.open(base), ModelFolder.open(tuned));
 * BlendRules rules = new BlendRules(0.5, List.of(new BlendRule("attention", 1)));
 * BlendReport report = blend.measure(rules);
 * blend.write(output, rules);
 * }</pre>
 *
 * <p>Rules are for Stage C and its text tower. The other networks must be the same in both models
 * unless a rule decides for them.
 */
public final class ModelBlend {
  private final ModelFolder first;
  private final ModelFolder second;
  private final Map<Component, NetworkPair> pairs = new EnumMap<>(Component.class);

  private ModelBlend(ModelFolder first, ModelFolder second) {
    this.first = first;
    this.second = second;
  }

  /**
   * Compares the models; no weight is read.
   *
   * @throws CurrywurstException if they are of different make
   */
  public static ModelBlend of(ModelFolder first, ModelFolder second) {
    ModelBlend blend = new ModelBlend(first, second);
    for (Component component : Component.values()) {
      if (component.isNetwork() && first.has(component) && second.has(component)) {
        blend.pairs.put(
            component, NetworkPair.of(first.require(component), second.require(component)));
      }
    }
    if (blend.pairs.isEmpty()) {
      throw new CurrywurstException(
          "%s and %s have no network in common; nothing can be blended.".formatted(first, second));
    }
    for (Component schedule : List.of(Component.PRIOR_SCHEDULER, Component.DECODER_SCHEDULER)) {
      boolean both = first.has(schedule) && second.has(schedule);
      if (both && !first.schedule(schedule).equals(second.schedule(schedule))) {
        throw new CurrywurstException(
            "The %s differ in %s and %s; their weights mean different noise."
                .formatted(schedule, first, second));
      }
    }
    return blend;
  }

  /**
   * Reads all weights of both models, and tells how far they are apart.
   *
   * @throws CurrywurstException if networks differ that nothing is said about, a rule names no
   *     weight, or for the reason of {@link #changes}
   */
  public BlendReport measure(BlendRules rules) {
    changes(rules); // It refuses towers of other words, before all weights are read.
    Set<BlendRule> unused = new LinkedHashSet<>(rules.rules());
    Map<String, Sum> groups = new LinkedHashMap<>();
    for (NetworkPair pair : pairs.values()) {
      for (String name : pair.names()) {
        BlendedWeight weight = new BlendedWeight(pair.component(), name);
        rules.rule(weight).ifPresent(unused::remove);
        NetworkPair.Distance distance = pair.distance(name);
        OptionalDouble alpha = rules.alpha(weight);
        if (alpha.isEmpty() && distance.difference() != 0) {
          throw new CurrywurstException(
              "The %s differs in %s and %s, and no rule says which to take; add --rule %s=0 for the first's, =1 for the second's, or a number between."
                  .formatted(pair.component(), first, second, pair.component().key()));
        }
        groups.computeIfAbsent(weight.group(), Sum::new).add(distance, alpha.orElse(0));
      }
    }
    if (!unused.isEmpty()) {
      throw new CurrywurstException(
          "The rule %s decides no weight: none is called so, or rules before it name the same ones; names are as %s."
              .formatted(unused.iterator().next(), String.join(", ", groups.keySet())));
    }
    return new BlendReport(groups.values().stream().map(Sum::group).toList(), notices());
  }

  /** Adds up a group. */
  private static final class Sum {
    private final String name;
    private int tensors;
    private double norm;
    private double difference;
    private double lowest = Double.POSITIVE_INFINITY;
    private double highest = Double.NEGATIVE_INFINITY;

    Sum(String name) {
      this.name = name;
    }

    void add(NetworkPair.Distance distance, double alpha) {
      tensors++;
      norm += distance.norm() * distance.norm();
      difference += distance.difference() * distance.difference();
      lowest = Math.min(lowest, alpha);
      highest = Math.max(highest, alpha);
    }

    BlendReport.Group group() {
      return new BlendReport.Group(
          name, tensors, Math.sqrt(norm), Math.sqrt(difference), lowest, highest);
    }
  }

  private List<String> notices() {
    List<String> notices = new ArrayList<>();
    for (Component component : Component.values()) {
      if (component.isNetwork() && first.has(component) != second.has(component)) {
        notices.add(
            "Only %s has a %s; it is copied."
                .formatted(first.has(component) ? first : second, component));
      }
    }
    return notices;
  }

  /** A tower's embeddings are of its tokenizer's numbers. */
  private void requireSameWords(Component tokenizer, Component tower) {
    if (!first.has(tokenizer) || !second.has(tokenizer)) {
      return;
    }
    Path own = first.require(tokenizer).folder();
    Path other = second.require(tokenizer).folder();
    for (String file : List.of("vocab.json", "merges.txt", "tokenizer.json")) {
      if (Files.exists(own.resolve(file)) && Files.exists(other.resolve(file))) {
        try {
          if (Files.mismatch(own.resolve(file), other.resolve(file)) >= 0) {
            throw new CurrywurstException(
                "The %s differ in %s and %s, so that their towers read other words; add --rule %s=0 to keep the first's."
                    .formatted(tokenizer, own, other, tower.key()));
          }
        } catch (IOException e) {
          throw new CurrywurstException(
              "Cannot read the %s in %s or %s.".formatted(tokenizer, own, other), e);
        }
      }
    }
  }

  /**
   * What becomes of the first model's weights, by network; those that stay are not in it. No weight
   * is read yet.
   *
   * @throws CurrywurstException if a text tower is to change that reads other words in the second
   */
  public Map<Component, WeightChange> changes(BlendRules rules) {
    Map<Component, WeightChange> changes = new EnumMap<>(Component.class);
    pairs.forEach(
        (component, pair) -> {
          Map<String, Double> alphas = new LinkedHashMap<>();
          for (String name : pair.names()) {
            alphas.put(name, rules.alpha(new BlendedWeight(component, name)).orElse(0));
          }
          pair.change(alphas).ifPresent(change -> changes.put(component, change));
        });
    if (changes.containsKey(Component.PRIOR_TEXT_ENCODER)) {
      requireSameWords(Component.PRIOR_TOKENIZER, Component.PRIOR_TEXT_ENCODER);
    }
    if (changes.containsKey(Component.DECODER_TEXT_ENCODER)) {
      requireSameWords(Component.DECODER_TOKENIZER, Component.DECODER_TEXT_ENCODER);
    }
    return changes;
  }

  /** For a pipeline over the first model: it paints with the blend, which nobody has to write. */
  public PipelineOptions applyTo(PipelineOptions options, BlendRules rules) {
    PipelineOptions blended = options;
    for (Map.Entry<Component, WeightChange> change : changes(rules).entrySet()) {
      blended = blended.withWeightChange(change.getKey(), change.getValue());
    }
    return blended;
  }

  /** The model that a pipeline with {@link #applyTo} starts from: the first, with what it lacks. */
  public ModelFolder basis() {
    return second.with(first);
  }

  /**
   * Writes the blend as a whole model, in the types that the first model is stored in.
   *
   * @throws CurrywurstException if it cannot be written
   */
  public void write(Path output, BlendRules rules) {
    changed(basis(), changes(rules), output, first.geometry());
  }

  /**
   * Writes a model with some networks changed and all else copied.
   *
   * @throws CurrywurstException if it cannot be written, or a change does not fit
   */
  public static void changed(ModelFolder model, Map<Component, WeightChange> changes, Path output) {
    changed(model, changes, output, model.geometry());
  }

  private static void changed(
      ModelFolder model,
      Map<Component, WeightChange> changes,
      Path output,
      ModelWriter.Geometry geometry) {
    ModelWriter writer = new ModelWriter(output);
    // What may be refused comes first, before other files are there.
    changes.forEach((component, change) -> writer.copy(model.require(component), change));
    for (ComponentFolder part : model.components().values()) {
      if (!changes.containsKey(part.component())) {
        writer.copy(part);
      }
    }
    writer.preview(Optional.of(model));
    writer.index(geometry);
  }
}
