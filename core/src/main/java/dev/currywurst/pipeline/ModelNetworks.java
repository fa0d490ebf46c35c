package dev.currywurst.pipeline;

import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightChange;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The networks of one model, loaded when their turn comes and let go after it, or kept. */
final class ModelNetworks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ModelNetworks.class);

  /** Mapped files of this size are worth a collection, which unmaps them. */
  private static final long WORTH_UNMAPPING = 256L << 20;

  private final ModelFolder model;
  private final PipelineOptions options;
  private final DType priorType;
  private final DType decoderType;
  private final List<Slot<?>> slots = new ArrayList<>();
  private final Slot<ClipTextEncoder> priorText;
  private final Slot<StageC> stageC;
  private final Slot<ClipTextEncoder> decoderText;
  private final Slot<StageB> stageB;
  private final Slot<StageA> stageA;
  private final Slot<ImageEncoder> imageEncoder;
  private final Map<Component, ClipTokenizer> tokenizers = new EnumMap<>(Component.class);

  ModelNetworks(ModelFolder model, PipelineOptions options) {
    this.model = model;
    this.options = options;
    this.priorType = options.resolved(options.priorType());
    this.decoderType = options.resolved(options.decoderType());
    this.priorText = textTower(Component.PRIOR_TEXT_ENCODER, priorType);
    this.stageC =
        stage(Component.PRIOR, priorType, StageCConfig::read, StageC::new, StageC::parameters);
    this.decoderText = textTower(Component.DECODER_TEXT_ENCODER, decoderType);
    this.stageB =
        stage(Component.DECODER, decoderType, StageBConfig::read, StageB::new, StageB::parameters);
    this.stageA =
        stage(Component.VQGAN, decoderType, StageAConfig::read, StageA::new, StageA::parameters);
    // A small network whose batch norms half precision would coarsen.
    this.imageEncoder =
        encoder(
            Component.IMAGE_ENCODER,
            DType.FLOAT32,
            ImageEncoderConfig::read,
            ImageEncoder::new,
            ImageEncoder::parameters);
  }

  private Slot<ClipTextEncoder> textTower(Component component, DType type) {
    return encoder(
        component, type, ClipTextConfig::read, ClipTextEncoder::new, ClipTextEncoder::parameters);
  }

  /** A network that runs once for each step: bringing its weights into the best form pays off. */
  private <C, N> Slot<N> stage(
      Component component,
      DType type,
      Function<ConfigFile, C> config,
      BiFunction<C, Parameters, N> network,
      Function<N, Parameters> parameters) {
    return slot(component, type, WeightSource::frozen, config, network, parameters);
  }

  /** A network that runs once for each call and computes right from its mapped file. */
  private <C, N> Slot<N> encoder(
      Component component,
      DType type,
      Function<ConfigFile, C> config,
      BiFunction<C, Parameters, N> network,
      Function<N, Parameters> parameters) {
    return slot(component, type, WeightSource::mapped, config, network, parameters);
  }

  private interface SourceKind {
    WeightSource of(WeightFile file, DType type, Device device);
  }

  private <C, N> Slot<N> slot(
      Component component,
      DType type,
      SourceKind source,
      Function<ConfigFile, C> config,
      BiFunction<C, Parameters, N> network,
      Function<N, Parameters> parameters) {
    Function<ComponentFolder, N> loader =
        folder -> {
          C read = config.apply(folder.config());
          WeightSource stored = source.of(folder.weights(type), type, options.device());
          WeightChange change = options.weightChanges().get(component);
          WeightSource weights = change == null ? stored : stored.with(change);
          return weights.build(p -> network.apply(read, p));
        };
    Slot<N> slot = new Slot<>(component, loader, parameters);
    slots.add(slot);
    return slot;
  }

  DType priorType() {
    return priorType;
  }

  DType decoderType() {
    return decoderType;
  }

  /** The two stages that read text. */
  Slot<ClipTextEncoder> textEncoder(Component component) {
    return component.isPrior() ? priorText : decoderText;
  }

  Slot<StageC> stageC() {
    return stageC;
  }

  Slot<StageB> stageB() {
    return stageB;
  }

  Slot<StageA> stageA() {
    return stageA;
  }

  Slot<ImageEncoder> imageEncoder() {
    return imageEncoder;
  }

  /** Tokenizers are small and slow to read, so they always stay. */
  ClipTokenizer tokenizer(Component component) {
    return tokenizers.computeIfAbsent(
        component, c -> ClipTokenizer.load(model.require(c).folder()));
  }

  /** A place for one network. */
  final class Slot<N> {
    private final Component component;
    private final Function<ComponentFolder, N> loader;
    private final Function<N, Parameters> parameters;
    private @Nullable N kept;

    private Slot(
        Component component,
        Function<ComponentFolder, N> loader,
        Function<N, Parameters> parameters) {
      this.component = component;
      this.loader = loader;
      this.parameters = parameters;
    }

    /** Runs {@code body} with the network, which it must not keep. */
    <R> R use(GenerationListener listener, Function<N, R> body) {
      N network = kept;
      if (network == null) {
        listener.loading(component);
        network = load();
        if (options.keepLoaded()) {
          kept = network;
        }
      }
      try {
        return body.apply(network);
      } finally {
        if (kept == null) {
          boolean large = letGo(network);
          // As long as this variable holds the network, the collector leaves its file mapped.
          network = null;
          unmap(large);
        }
      }
    }

    /** As {@link #use}, without a result. */
    void run(GenerationListener listener, Consumer<N> body) {
      use(
          listener,
          network -> {
            body.accept(network);
            return true;
          });
    }

    private N load() {
      ComponentFolder folder = model.require(component);
      long begin = System.nanoTime();
      N network = loader.apply(folder);
      LOG.debug(
          "Loaded the {} from {} in {} ms",
          component,
          folder.folder(),
          (System.nanoTime() - begin) / 1_000_000);
      return network;
    }

    /** Frees the weights; true if they were large. */
    private boolean letGo(N network) {
      Parameters weights = parameters.apply(network);
      long bytes =
          weights.state().values().stream().mapToLong(t -> t.elements() * t.dtype().bytes()).sum();
      weights.close();
      return bytes >= WORTH_UNMAPPING;
    }

    /**
     * Mapped files go with their buffers, and nothing else would make the collector look: a
     * gigabyte of weights is a few small objects to it.
     */
    private void unmap(boolean large) {
      if (large) {
        System.gc();
      }
    }

    private void close() {
      N network = kept;
      kept = null;
      if (network != null) {
        boolean large = letGo(network);
        network = null;
        unmap(large);
      }
    }
  }

  @Override
  public void close() {
    slots.forEach(Slot::close);
  }
}
