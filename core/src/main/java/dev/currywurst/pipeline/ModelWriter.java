package dev.currywurst.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.weights.AtomicFile;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightChange;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageCConfig;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes a model part by part, as diffusers and {@link ModelFolder} load it: {@code prior/} and
 * {@code decoder/} are pipeline folders, {@code image_encoder/} lies beside them.
 *
 * <pre>{@code
 * ModelWriter writer = new ModelWriter(folder);
 * writer.stageC(config, network.parameters().state());
 * writer.text(Component.PRIOR_TEXT_ENCODER, textConfig, states, tokenizer);
 * writer.index(new ModelWriter.Geometry(...));
 * }</pre>
 *
 * <p>Each file appears whole or not at all, and replaces the one that was there. Weights keep their
 * type. A part's weights are written before its configuration, and {@link #index} comes last.
 */
public final class ModelWriter {
  /** The release whose layout this is. */
  private static final String DIFFUSERS = "0.42.1";

  /**
   * Where diffusers finds its Würstchen networks. The short names of published models
   * ("wuerstchen") belong to releases in which the pipelines were not deprecated yet, and what
   * 0.42.1 itself writes ("diffusers") it cannot load again: it looks for the class and for
   * ModelMixin in the module of this name.
   */
  private static final String NETWORKS = "diffusers.pipelines.deprecated.wuerstchen.modeling_";

  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";
  private static final String TEXT_WEIGHTS = "model.safetensors";

  private final Path folder;

  /** Writes into {@code folder}, which is made with the first part. */
  public ModelWriter(Path folder) {
    this.folder = folder;
  }

  /** Stage C, {@code prior/prior/}. */
  public void stageC(StageCConfig config, Map<String, Tensor> weights) {
    stageC(config, weights, 0);
  }

  /**
   * Stage C, {@code prior/prior/}.
   *
   * @param averagedUpdates of the moving average that the weights are, which a fine-tuning may go
   *     on counting from ({@link ModelFolder#averagedUpdates}); 0 if they are none
   */
  public void stageC(StageCConfig config, Map<String, Tensor> weights, long averagedUpdates) {
    ObjectNode json = config.toJson();
    if (averagedUpdates > 0) {
      json.put(ModelFolder.AVERAGED_UPDATES, averagedUpdates);
    }
    network(Component.PRIOR, json, weights);
  }

  /** Stage B, {@code decoder/decoder/}. */
  public void stageB(StageBConfig config, Map<String, Tensor> weights) {
    network(Component.DECODER, config.toJson(), weights);
  }

  /** Stage A, {@code decoder/vqgan/}. */
  public void stageA(StageAConfig config, Map<String, Tensor> weights) {
    network(Component.VQGAN, config.toJson(), weights);
  }

  /** The encoder that makes Stage C's targets, {@code image_encoder/}. */
  public void imageEncoder(ImageEncoderConfig config, Map<String, Tensor> weights) {
    network(Component.IMAGE_ENCODER, config.toJson(), weights);
  }

  private void network(Component component, ObjectNode config, Map<String, Tensor> weights) {
    Path target = make(component);
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> all = new LinkedHashMap<>(weights);
      for (String name : weights.keySet()) {
        if (name.endsWith(".running_var")) {
          // PyTorch's batch norm stores this counter, and diffusers misses it.
          all.put(name.replace("running_var", "num_batches_tracked"), Tensor.of(new long[1]));
        }
      }
      SafetensorsWriter.write(target.resolve(WEIGHTS), all);
    }
    keepOnly(target, Set.of(WEIGHTS));
    ConfigFile.write(target.resolve("config.json"), config.put("_diffusers_version", DIFFUSERS));
  }

  /**
   * A text tower with its tokenizer: {@code text_encoder/} and {@code tokenizer/} of a pipeline.
   *
   * @param component {@link Component#PRIOR_TEXT_ENCODER} or {@link Component#DECODER_TEXT_ENCODER}
   */
  public void text(
      Component component,
      ClipTextConfig config,
      Map<String, Tensor> weights,
      ClipTokenizer tokenizer) {
    Path target = make(component);
    SafetensorsWriter.write(target.resolve(TEXT_WEIGHTS), weights);
    keepOnly(target, Set.of(TEXT_WEIGHTS));
    ConfigFile.write(
        target.resolve("config.json"), config.toJson(tokenizer.beginId(), tokenizer.endId()));
    tokenizer.save(
        make(component.isPrior() ? Component.PRIOR_TOKENIZER : Component.DECODER_TOKENIZER));
  }

  /**
   * The noise schedule of the stages that were written so far; needed only if it is not {@link
   * CosineSchedule#STANDARD}.
   */
  public void schedule(CosineSchedule schedule) {
    schedule(schedule, true);
  }

  private void schedule(CosineSchedule schedule, boolean replace) {
    for (Component component : List.of(Component.PRIOR_SCHEDULER, Component.DECODER_SCHEDULER)) {
      boolean isUsed = has(component.isPrior() ? Component.PRIOR : Component.DECODER);
      Path file = path(component).resolve("scheduler_config.json");
      if (isUsed && (replace || !Files.exists(file))) {
        make(component);
        ConfigFile.write(
            file,
            ConfigFile.newObject()
                .put("_class_name", "DDPMWuerstchenScheduler")
                .put("_diffusers_version", DIFFUSERS)
                .put("s", schedule.s())
                .put("scaler", schedule.scaler()));
      }
    }
  }

  /** The map that previews are painted with. */
  public void preview(LatentPreview preview) {
    make(folder);
    preview.save(folder.resolve(ModelFolder.PREVIEW));
  }

  /** The map that the previews of Stage C's model are painted with; that of another one goes. */
  public void preview(Optional<ModelFolder> model) {
    Optional<Path> map = model.flatMap(ModelFolder::preview);
    if (map.isPresent()) {
      make(folder);
      copy(List.of(map.get()), folder);
    } else {
      Path old = folder.resolve(ModelFolder.PREVIEW);
      try {
        Files.deleteIfExists(old);
      } catch (IOException e) {
        throw new CurrywurstException(
            "%s of another model cannot be deleted: %s.".formatted(old, e.getMessage()), e);
      }
    }
  }

  /** Copies a part of another model with all its files, such as one that was not trained. */
  public void copy(ComponentFolder part) {
    Path target = make(part.component());
    List<Path> files = part.files();
    copy(files, target);
    keepOnly(
        target,
        files.stream().map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
  }

  /**
   * Copies a part of another model, with its weights, if it has any, in another type. Vectors, such
   * as biases and the statistics of batch norms, stay as they are: they are few, and much hangs on
   * them.
   */
  public void copy(ComponentFolder part, DType type) {
    if (part.weightFile(DType.FLOAT32).isEmpty()) {
      copy(part);
      return;
    }
    copyNetwork(
        part,
        (target, weights) -> {
          try (Scope scope = Scope.open()) {
            SafetensorsWriter.write(target, narrowed(weights, type), weights.metadata());
          }
        });
  }

  private static Map<String, Tensor> narrowed(WeightFile file, DType type) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : file.names()) {
      Tensor tensor = file.tensor(name);
      boolean narrows = tensor.dims() > 1 && tensor.dtype().isFloatingPoint();
      tensors.put(name, narrows ? tensor.to(type) : tensor);
    }
    return tensors;
  }

  /**
   * Copies a network of another model with some of its weights changed, in the types that they are
   * stored in. One weight at a time is in memory.
   *
   * @throws CurrywurstException if it cannot be written, or the change does not fit
   */
  public void copy(ComponentFolder part, WeightChange change) {
    copyNetwork(
        part,
        (target, weights) -> SafetensorsWriter.write(target, weights, change, weights.metadata()));
  }

  private void copyNetwork(ComponentFolder part, BiConsumer<Path, WeightFile> write) {
    Component component = part.component();
    Path target = make(component);
    boolean isText =
        component == Component.PRIOR_TEXT_ENCODER || component == Component.DECODER_TEXT_ENCODER;
    String name = isText ? TEXT_WEIGHTS : WEIGHTS;
    write.accept(target.resolve(name), part.weights(DType.FLOAT32));
    keepOnly(target, Set.of(name));
    copy(part.otherFiles(), target);
  }

  /**
   * Deletes weights that another model left in a part's folder: in shards or another type, some
   * reader would prefer them.
   */
  private static void keepOnly(Path target, Set<String> names) {
    try (Stream<Path> files = Files.list(target)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        boolean holdsWeights =
            name.endsWith(".safetensors") || name.endsWith(".bin") || name.endsWith(".index.json");
        if (holdsWeights && !names.contains(name)) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new CurrywurstException(
          "Older weights in %s cannot be deleted (%s); delete them, so that no reader takes them."
              .formatted(target, e.getMessage()),
          e);
    }
  }

  private static void copy(List<Path> files, Path target) {
    for (Path file : files) {
      AtomicFile.write(
          target.resolve(file.getFileName()),
          channel -> Files.copy(file, Channels.newOutputStream(channel)));
    }
  }

  /**
   * What the index files say about sizes and scales.
   *
   * @param latentMean {@code latent_mean}: what Stage C's latents are multiplied with at the end
   * @param latentStd {@code latent_std}: what is subtracted then
   * @param latentScale {@code latent_dim_scale}: sides of Stage B's latent for one of Stage C's
   * @param resolutionMultiple {@code resolution_multiple}: pixels for one of Stage C's
   * @param naturalSize what the model was trained on, and paints unless told otherwise
   */
  public record Geometry(
      double latentMean,
      double latentStd,
      double latentScale,
      double resolutionMultiple,
      PictureSize naturalSize) {
    /** The published numbers, with another natural size. */
    public static Geometry published(PictureSize naturalSize) {
      return new Geometry(
          ModelNumbers.MEAN,
          ModelNumbers.STD,
          ModelNumbers.SCALE,
          ModelNumbers.RESOLUTION_MULTIPLE,
          naturalSize);
    }
  }

  /**
   * Writes {@code model_index.json} of each pipeline that has parts, and the schedules that are not
   * there yet. Call it last: it is what makes the folder a model.
   */
  public void index(Geometry geometry) {
    schedule(CosineSchedule.STANDARD, false);
    if (has(Component.PRIOR)) {
      ObjectNode index =
          pipeline("WuerstchenPriorPipeline", geometry)
              .put("latent_mean", geometry.latentMean())
              .put("latent_std", geometry.latentStd())
              .put("resolution_multiple", geometry.resolutionMultiple());
      entry(index, "prior", NETWORKS + "wuerstchen_prior", "WuerstchenPrior");
      ConfigFile.write(folder.resolve("prior").resolve(ModelFolder.INDEX), index);
    }
    if (has(Component.DECODER) || has(Component.VQGAN)) {
      ObjectNode index =
          pipeline("WuerstchenDecoderPipeline", geometry)
              .put("latent_dim_scale", geometry.latentScale());
      entry(index, "decoder", NETWORKS + "wuerstchen_diffnext", "WuerstchenDiffNeXt");
      entry(index, "vqgan", NETWORKS + "paella_vq_model", "PaellaVQModel");
      ConfigFile.write(folder.resolve("decoder").resolve(ModelFolder.INDEX), index);
    }
  }

  private static ObjectNode pipeline(String name, Geometry geometry) {
    ObjectNode index =
        ConfigFile.newObject().put("_class_name", name).put("_diffusers_version", DIFFUSERS);
    index
        .putArray(ModelNumbers.NATURAL_SIZE)
        .add(geometry.naturalSize().width())
        .add(geometry.naturalSize().height());
    entry(index, "scheduler", "diffusers", "DDPMWuerstchenScheduler");
    entry(index, "text_encoder", "transformers", "CLIPTextModel");
    entry(index, "tokenizer", "transformers", "CLIPTokenizer");
    return index;
  }

  private static void entry(ObjectNode index, String name, String library, String type) {
    index.putArray(name).add(library).add(type);
  }

  private boolean has(Component component) {
    return Files.isDirectory(path(component));
  }

  private Path path(Component component) {
    if (component == Component.IMAGE_ENCODER) {
      return folder.resolve(component.folder());
    }
    return folder.resolve(component.isPrior() ? "prior" : "decoder").resolve(component.folder());
  }

  private Path make(Component component) {
    return make(path(component));
  }

  private static Path make(Path path) {
    try {
      return Files.createDirectories(path);
    } catch (IOException e) {
      throw new CurrywurstException("Cannot make the folder " + path + ": " + e.getMessage(), e);
    }
  }
}
