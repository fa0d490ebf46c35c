package dev.currywurst.pipeline;

import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model on disk: which parts are there, and where. Nothing is loaded here.
 *
 * <p>Known layouts: a pipeline folder of diffusers (the prior's, the decoder's, or both in one), a
 * folder that holds those two as {@code prior/} and {@code decoder/}, a single network with its
 * {@code config.json}, and the old names {@code generator/}, {@code Prior} and {@code DiffNeXt}. An
 * {@code image_encoder/} and a {@code clip/} to judge by may lie beside any of them.
 */
public final class ModelFolder {
  static final String INDEX = "model_index.json";

  /** A note in Stage C's configuration: others may not know it, and pass over what begins so. */
  static final String AVERAGED_UPDATES = "_ema_updates";

  private static final String CLIP = "clip";
  static final String PREVIEW = "latent_preview.safetensors";
  private static final String PRIOR_PIPELINE = "WuerstchenPriorPipeline";
  private static final String DECODER_PIPELINE = "WuerstchenDecoderPipeline";
  private static final String COMBINED_PIPELINE = "WuerstchenCombinedPipeline";

  private final String name;
  private final Map<Component, ComponentFolder> components;
  private final ModelNumbers numbers;
  private final @Nullable Path preview;
  private final @Nullable Path clip;

  private ModelFolder(
      String name,
      Map<Component, ComponentFolder> components,
      ModelNumbers numbers,
      @Nullable Path preview,
      @Nullable Path clip) {
    this.name = name;
    this.components = components;
    this.numbers = numbers;
    this.preview = preview;
    this.clip = clip;
  }

  /**
   * Finds the parts of a model.
   *
   * @throws CurrywurstException if the folder is missing or holds nothing of a Würstchen
   */
  public static ModelFolder open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CurrywurstException(
          folder + " is no folder; give a model folder, or a name such as warp-ai/wuerstchen.");
    }
    Search search = new Search();
    if (Files.exists(folder.resolve(INDEX))) {
      search.pipeline(folder);
    } else if (Files.exists(folder.resolve("config.json"))) {
      search.single(folder);
    } else {
      for (String half : new String[] {"prior", "decoder"}) {
        search.half(folder.resolve(half), half.equals("prior"));
      }
    }
    search.beside(folder);
    if (search.found.isEmpty()) {
      throw new CurrywurstException(
          folder
              + " holds no Würstchen: there is neither a model_index.json, nor folders prior/ and"
              + " decoder/ with one each, nor the config.json of a single network.");
    }
    return new ModelFolder(
        folder.toString(), search.found, search.numbers, search.preview, search.clip);
  }

  /** A model of this one's parts and the other's, which count where both have them. */
  public ModelFolder with(ModelFolder other) {
    Map<Component, ComponentFolder> all = new EnumMap<>(components);
    all.putAll(other.components);
    return new ModelFolder(
        name + " with " + other.name,
        all,
        numbers.with(other.numbers),
        other.preview == null ? preview : other.preview,
        other.clip == null ? clip : other.clip);
  }

  /** This model with a part of another in the place of its own. */
  ModelFolder with(ComponentFolder part) {
    Map<Component, ComponentFolder> all = new EnumMap<>(components);
    all.put(part.component(), part);
    return new ModelFolder(name + " with " + part.folder(), all, numbers, preview, clip);
  }

  /**
   * Stage C, or Stages B and A, with all that belongs to that half. The image encoder and the CLIP
   * are of neither, and stay.
   */
  public ModelFolder half(boolean ofPrior) {
    Map<Component, ComponentFolder> half = new EnumMap<>(components);
    half.keySet().removeIf(c -> c != Component.IMAGE_ENCODER && c.isPrior() != ofPrior);
    return new ModelFolder(name, half, numbers.half(ofPrior), ofPrior ? preview : null, clip);
  }

  /** Collects what a folder holds. */
  private static final class Search {
    private final Map<Component, ComponentFolder> found = new EnumMap<>(Component.class);
    private ModelNumbers numbers = ModelNumbers.PUBLISHED;
    private @Nullable Path preview;
    private @Nullable Path clip;

    /** One of the two folders of a model; without its index, a training is not finished yet. */
    void half(Path folder, boolean isPrior) {
      if (Files.exists(folder.resolve(INDEX))) {
        pipeline(folder);
      } else {
        parts(folder, isPrior, "");
      }
    }

    void pipeline(Path folder) {
      ConfigFile index = ConfigFile.read(folder.resolve(INDEX));
      String kind = index.stringValue("", "_class_name");
      numbers = numbers.with(ModelNumbers.read(index));
      switch (kind) {
        case PRIOR_PIPELINE -> parts(folder, true, "");
        case DECODER_PIPELINE -> parts(folder, false, "");
        case COMBINED_PIPELINE -> {
          parts(folder, true, "prior_");
          parts(folder, false, "");
        }
        default ->
            throw new CurrywurstException(
                "%s describes a %s; this program knows %s, %s and %s."
                    .formatted(
                        index.origin(),
                        kind.isEmpty() ? "pipeline without a name" : kind,
                        PRIOR_PIPELINE,
                        DECODER_PIPELINE,
                        COMBINED_PIPELINE));
      }
      beside(folder);
    }

    private void parts(Path folder, boolean ofPrior, String prefix) {
      for (Component component : Component.values()) {
        if (component != Component.IMAGE_ENCODER && component.isPrior() == ofPrior) {
          add(component, folder.resolve(prefix + component.folder()));
        }
      }
      if (!ofPrior && !found.containsKey(Component.DECODER)) {
        add(Component.DECODER, folder.resolve("generator")); // its name in old releases
      }
    }

    void single(Path folder) {
      ConfigFile config = ConfigFile.read(folder.resolve("config.json"));
      String kind = config.stringValue("", "_class_name");
      Component component =
          switch (kind) {
            case "WuerstchenPrior", "Prior" -> Component.PRIOR;
            case "WuerstchenDiffNeXt", "DiffNeXt" -> Component.DECODER;
            case "PaellaVQModel" -> Component.VQGAN;
            case "EfficientNetEncoder" -> Component.IMAGE_ENCODER;
            default ->
                // The published image encoder's config names no class.
                config.has("effnet", "c_latent") ? Component.IMAGE_ENCODER : null;
          };
      if (component == null) {
        throw new CurrywurstException(
            "%s describes a %s, which is no network of Würstchen."
                .formatted(config.origin(), kind.isEmpty() ? "network without a name" : kind));
      }
      add(component, folder);
    }

    void beside(Path folder) {
      add(Component.IMAGE_ENCODER, folder.resolve(Component.IMAGE_ENCODER.folder()));
      if (Files.isRegularFile(folder.resolve(PREVIEW))) {
        preview = folder.resolve(PREVIEW);
      }
      if (Files.isDirectory(folder.resolve(CLIP))) {
        clip = folder.resolve(CLIP);
      }
    }

    private void add(Component component, Path folder) {
      if (Files.isDirectory(folder)) {
        found.put(component, new ComponentFolder(component, folder));
      }
    }
  }

  /** The parts that are there. */
  public Map<Component, ComponentFolder> components() {
    return Collections.unmodifiableMap(components);
  }

  /** True if all of the parts are there. */
  public boolean has(Component... wanted) {
    for (Component component : wanted) {
      if (!components.containsKey(component)) {
        return false;
      }
    }
    return true;
  }

  /**
   * A part that is needed.
   *
   * @throws CurrywurstException if the model has none
   */
  public ComponentFolder require(Component component) {
    ComponentFolder found = components.get(component);
    if (found == null) {
      throw new CurrywurstException(
          "The model %s has no %s (folder %s); %s."
              .formatted(
                  name,
                  component,
                  component.folder(),
                  component == Component.IMAGE_ENCODER
                      ? "add one, such as warp-ai/EfficientNetEncoder"
                      : component.isPrior()
                          ? "give the model of the prior too"
                          : "give the model of the decoder too"));
    }
    return found;
  }

  /**
   * The noise schedule of a stage; the published one if the model brings none.
   *
   * @param scheduler {@link Component#PRIOR_SCHEDULER} or {@link Component#DECODER_SCHEDULER}
   */
  public CosineSchedule schedule(Component scheduler) {
    ComponentFolder folder = components.get(scheduler);
    if (folder == null) {
      return CosineSchedule.STANDARD;
    }
    ConfigFile config = folder.config();
    String kind = config.stringValue("DDPMWuerstchenScheduler", "_class_name");
    if (!kind.equals("DDPMWuerstchenScheduler")) {
      throw new CurrywurstException(
          "%s describes a %s; Würstchen samples with a DDPMWuerstchenScheduler."
              .formatted(config.origin(), kind));
    }
    CosineSchedule schedule =
        new CosineSchedule(config.doubleValue(0.008, "s"), config.doubleValue(1.0, "scaler"));
    config.requireAllKnown();
    return schedule;
  }

  /** What the model was trained on, and paints unless told otherwise; 1024x1024 as published. */
  public PictureSize naturalSize() {
    return numbers.size();
  }

  /** What its {@code model_index.json} says about sizes and scales; the published where silent. */
  public ModelWriter.Geometry geometry() {
    return new ModelWriter.Geometry(
        numbers.mean(), numbers.std(), numbers.scale(), numbers.multiple(), numbers.size());
  }

  /**
   * How often the moving average that Stage C's weights are was updated; 0 where nothing is said.
   * What diffusers writes of its {@code EMAModel} says it too.
   */
  public long averagedUpdates() {
    if (!has(Component.PRIOR)) {
      return 0;
    }
    return require(Component.PRIOR).config().node(AVERAGED_UPDATES, "optimization_step").asLong(0);
  }

  /** The numbers of its {@code model_index.json}. */
  ModelNumbers numbers() {
    return numbers;
  }

  /** A fitted preview, if the model brings one. */
  Optional<Path> preview() {
    return Optional.ofNullable(preview);
  }

  /** The folder of a CLIP to judge its pictures by, if the model brings one. */
  public Optional<Path> clip() {
    return Optional.ofNullable(clip);
  }

  /** Where it was found, for messages. */
  @Override
  public String toString() {
    return name;
  }
}
