package dev.currywurst.lora;

import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.LowRank;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Low-rank additions while they are trained: the networks' own weights stay as they are and hold no
 * gradient, and the two factors of each chosen layer learn.
 *
 * <pre>{@code
 * Adapters adapters = new Adapters(AdapterSettings.of(4), seed);
 * StageC stageC =
 *     WeightSource.mapped(file, DType.FLOAT32, Device.CPU)
 *         .build(p -> new StageC(config, p.with(adapters.of(LoraPart.PRIOR))));
 * Learner learner = new Learner(adapters.trained(), settings);
 * ...
 * adapters.save(Path.of("style.safetensors"), LoraDialect.DIFFUSERS, Map.of());
 * }</pre>
 *
 * <p>Made before the network, and closed after it.
 */
public final class Adapters implements AutoCloseable {
  private record Pair(Tensor down, Tensor up) {}

  private final AdapterSettings settings;
  private final long seed;
  private final Map<LoraTarget, Pair> pairs = new LinkedHashMap<>();
  private Dropout random = Dropout.OFF;

  /**
   * None yet: networks ask for them as they are built.
   *
   * @param seed of the factors that do not begin at zero; each layer has numbers of its own
   */
  public Adapters(AdapterSettings settings, long seed) {
    this.settings = settings;
    this.seed = seed;
  }

  /** Those of one network, which are made with it. */
  public LowRank.Source of(LoraPart part) {
    return (layer, in, out) -> addition(part, layer, in, out);
  }

  private @Nullable LowRank addition(LoraPart part, String layer, long in, long out) {
    if (!settings.wants(layer)) {
      return null;
    }
    LoraTarget target =
        LoraNames.module(part, layer)
            .orElseThrow(
                () -> new IllegalStateException("no LoRA file has a name for layer " + layer));
    Pair pair;
    try (Scope scope = Scope.open();
        Generator draws = new Generator(seed + pairs.size())) {
      pair = new Pair(start(draws, in).own(), start(out).own());
    }
    if (pairs.put(target, pair) != null) {
      throw new IllegalStateException(target + " was made twice");
    }
    return new LowRank(pair.down, pair.up, settings.scale(), settings.dropout(), () -> random);
  }

  /** As peft's default, Kaiming's with a = sqrt(5). */
  private Tensor start(Generator draws, long in) {
    return Init.uniform(1 / Math.sqrt((double) in)).draw(draws, settings.rank(), in);
  }

  private Tensor start(long out) {
    return Tensor.zeros(DType.FLOAT32, out, settings.rank());
  }

  public AdapterSettings settings() {
    return settings;
  }

  /**
   * What is trained, by the names that a diffusers file gives it: float32 leaves.
   *
   * @throws CurrywurstException if the targets fit no layer of the networks that were built
   */
  public Map<String, Tensor> trained() {
    if (pairs.isEmpty()) {
      throw noneFits(settings);
    }
    Map<String, Tensor> trained = new LinkedHashMap<>();
    pairs.forEach(
        (target, pair) -> {
          trained.put(target + ".lora_A.weight", pair.down);
          trained.put(target + ".lora_B.weight", pair.up);
        });
    return trained;
  }

  /** What is wrong where the targets fit no layer of a network. */
  public static CurrywurstException noneFits(AdapterSettings settings) {
    return new CurrywurstException(
        "No layer is called like the LoRA's targets (%s); Stage C has to_q, to_k, to_v, to_out.0, kv_mapper.1, channelwise.0 and .4, mapper and cond_mapper.0 and .2."
            .formatted(String.join(", ", settings.targets())));
  }

  /** How many numbers are trained. */
  public long count() {
    return pairs.values().stream().mapToLong(p -> p.down.elements() + p.up.elements()).sum();
  }

  /** Runs a training step's forward pass, in which the additions drop some of their inputs. */
  public <T> T withDropout(Dropout draws, Supplier<T> body) {
    Dropout before = random;
    random = draws;
    try {
      return body.get();
    } finally {
      random = before;
    }
  }

  /**
   * Begins where a LoRA ended, in place of fresh factors.
   *
   * @throws CurrywurstException if it has other layers, ranks or shapes; nothing is changed then
   */
  public void begin(LoraFile file) {
    for (Map.Entry<LoraTarget, Pair> own : pairs.entrySet()) {
      LoraFile.Layer layer = file.layers().get(own.getKey());
      Pair pair = own.getValue();
      if (layer == null
          || !Arrays.equals(pair.down.shape(), new long[] {layer.rank(), layer.in()})
          || !Arrays.equals(pair.up.shape(), new long[] {layer.out(), layer.rank()})) {
        throw new CurrywurstException(
            "Cannot begin with the LoRA %s: %s."
                .formatted(
                    file,
                    layer == null
                        ? "it lacks " + own.getKey()
                        : "its %s is of rank %d for %d inputs and %d outputs, and rank %d was asked for"
                            .formatted(
                                own.getKey(),
                                layer.rank(),
                                layer.in(),
                                layer.out(),
                                settings.rank())));
      }
    }
    for (LoraTarget target : file.layers().keySet()) {
      if (!pairs.containsKey(target)) {
        throw new CurrywurstException(
            "Cannot begin with the LoRA %s: it changes %s, which is not among the targets."
                .formatted(file, target));
      }
    }
    Grad.off(
        () -> {
          try (Scope scope = Scope.open()) {
            pairs.forEach(
                (target, pair) -> {
                  LoraFactors factors = file.factors(target);
                  pair.down.copyInPlace(factors.down());
                  // The scale in use here need not be that of the file.
                  pair.up.copyInPlace(factors.up().times(factors.scale() / settings.scale()));
                });
          }
        });
  }

  /** The factors as they are now; valid as long as these adapters. */
  public Map<LoraTarget, LoraFactors> factors() {
    Map<LoraTarget, LoraFactors> factors = new LinkedHashMap<>();
    pairs.forEach(
        (target, pair) ->
            factors.put(target, new LoraFactors(pair.down, pair.up, settings.scale())));
    return factors;
  }

  /**
   * Writes them as a LoRA file; see {@link LoraWriter#write}.
   *
   * @throws CurrywurstException if it cannot be written
   */
  public void save(Path target, LoraDialect dialect, Map<String, String> remarks) {
    Grad.off(() -> LoraWriter.write(target, dialect, factors(), remarks));
  }

  /**
   * A network's weights with the additions in them, for a model that needs no LoRA any more.
   *
   * @param weights of the network by name; they are not changed
   * @return the same names; changed ones are new tensors, owned by the open scope, in their
   *     weight's type
   */
  public Map<String, Tensor> merged(LoraPart part, Map<String, Tensor> weights) {
    return Grad.off(
        () -> {
          Map<String, Tensor> merged = new LinkedHashMap<>(weights);
          factors()
              .forEach(
                  (target, factors) -> {
                    if (target.part() == part) {
                      merged.computeIfPresent(
                          target.weight(),
                          (name, weight) ->
                              Scope.tidy(
                                  () ->
                                      weight
                                          .to(DType.FLOAT32)
                                          .plus(factors.product(1).reshape(weight.shape()))
                                          .to(weight.dtype())));
                    }
                  });
          return merged;
        });
  }

  @Override
  public void close() {
    pairs
        .values()
        .forEach(
            pair -> {
              pair.down.close();
              pair.up.close();
            });
  }
}
