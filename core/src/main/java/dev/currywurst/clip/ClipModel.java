package dev.currywurst.clip;

import dev.currywurst.hub.DownloadListener;
import dev.currywurst.hub.Hub;
import dev.currywurst.image.Image;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * CLIP (Radford et al. 2021): texts and pictures to embeddings whose direction tells what they are
 * about. {@code CLIPModel} in transformers, with its tokenizer and preprocessing.
 *
 * <pre>{@code
 * try (ClipModel clip = ClipModel.load(folder); Scope scope = Scope.open()) {
 *   Tensor texts = clip.embedTexts(List.of("a red house", "a green tree"));
 *   Tensor cosines = ClipModel.similarities(clip.embedImages(List.of(picture)), texts);
 * }
 * }</pre>
 */
public final class ClipModel implements Embedder, AutoCloseable {
  private static final String WEIGHTS = "model.safetensors";

  private static final int PICTURES_TOGETHER = 32;
  private static final int TEXTS_TOGETHER = 64;

  private final ClipConfig config;
  private final ClipTokenizer tokenizer;
  private final ClipPreprocessing preprocessing;
  private final Parameters parameters;
  private final ClipTextEncoder text;
  private final ClipVisionEncoder vision;
  private final Linear textProjection;
  private final Linear visualProjection;
  private final Tensor logitScale;

  /**
   * A CLIP over parameters that it owns from now on.
   *
   * @throws CurrywurstException if the tokenizer knows more tokens than the text tower, or the
   *     preprocessing makes pictures of another size than the tower of pictures takes
   */
  public ClipModel(
      ClipConfig config, ClipTokenizer tokenizer, ClipPreprocessing preprocessing, Parameters p) {
    if (tokenizer.vocabularySize() > config.text().vocabulary()) {
      throw new CurrywurstException(
          "The tokenizer knows %d tokens and CLIP's text tower %d; they come from different models."
              .formatted(tokenizer.vocabularySize(), config.text().vocabulary()));
    }
    if (preprocessing.crop() != config.vision().side()) {
      throw new CurrywurstException(
          "The preprocessing makes pictures of %d pixels and CLIP's picture tower takes %d; they come from different models."
              .formatted(preprocessing.crop(), config.vision().side()));
    }
    this.config = config;
    this.tokenizer = tokenizer;
    this.preprocessing = preprocessing;
    this.parameters = p;
    int textWidth = config.text().width();
    int visionWidth = config.vision().width();
    this.logitScale = p.weight("logit_scale", new Init(Init.Kind.CONSTANT, config.logitScale()));
    this.text = new ClipTextEncoder(config.text(), p);
    this.vision = new ClipVisionEncoder(config.vision(), p);
    this.visualProjection = projection(p.at("visual_projection"), visionWidth);
    this.textProjection = projection(p.at("text_projection"), textWidth);
  }

  private Linear projection(Parameters p, int width) {
    return new Linear(p, width, config.dimension(), Init.normal(Math.pow(width, -0.5)), false);
  }

  /**
   * Finds a CLIP by what a user calls it: a folder, or {@code owner/name} on the hub such as {@code
   * openai/clip-vit-base-patch32}.
   *
   * @throws CurrywurstException if there is none
   */
  public static ClipModel find(String name, Hub hub, DownloadListener listener) {
    return load(hub.find(name, "a CLIP", "openai/clip-vit-base-patch32", listener));
  }

  /** True if a folder holds a CLIP, as far as its {@code config.json} tells. */
  public static boolean isOne(Path folder) {
    Path config = folder.resolve("config.json");
    return Files.isRegularFile(config)
        && ConfigFile.read(config).stringValue("", "model_type").equals("clip");
  }

  /**
   * Reads a published folder in float32: {@code config.json}, the weights, the tokenizer's files
   * and {@code preprocessor_config.json}.
   *
   * @throws CurrywurstException if a file is missing or broken, or they do not fit each other
   */
  public static ClipModel load(Path folder) {
    return load(folder, DType.FLOAT32);
  }

  /** As {@link #load(Path)}, computing in another type. */
  public static ClipModel load(Path folder, DType dtype) {
    WeightFile file = WeightFile.ofFolder(folder, "a CLIP");
    return load(folder, WeightSource.mapped(file, dtype, Device.CPU));
  }

  private static ClipModel load(Path folder, WeightSource source) {
    ClipConfig config = ClipConfig.read(ConfigFile.read(folder.resolve("config.json")));
    ClipTokenizer tokenizer = ClipTokenizer.load(folder);
    ClipPreprocessing preprocessing =
        ClipPreprocessing.read(
            ConfigFile.read(folder.resolve(ClipPreprocessing.FILE)), config.vision().side());
    try (Scope scope = Scope.open()) {
      return source.build(p -> new ClipModel(config, tokenizer, preprocessing, p));
    }
  }

  /** Writes a folder as {@link #load} and transformers read it, with weights as they are. */
  public void save(Path folder) {
    save(folder, parameters.dtype());
  }

  /**
   * As {@link #save(Path)}, with weights of another type.
   *
   * @throws CurrywurstException if it cannot be written
   */
  public void save(Path folder, DType dtype) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CurrywurstException(
          "Cannot make the folder %s: %s.".formatted(folder, e.getMessage()), e);
    }
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      Grad.off(
          () -> parameters.state().forEach((name, weight) -> weights.put(name, weight.to(dtype))));
      SafetensorsWriter.write(folder.resolve(WEIGHTS), weights);
    }
    tokenizer.save(folder);
    ConfigFile.write(folder.resolve(ClipPreprocessing.FILE), preprocessing.toJson());
    ConfigFile.write(folder.resolve("config.json"), config.toJson(tokenizer));
  }

  // ---- embeddings for use

  /**
   * Embeds texts.
   *
   * @return [n, dimension], float32, not of length 1; what is beyond the tower's positions is cut
   */
  public Tensor embedTexts(List<String> texts) {
    return inParts(texts, TEXTS_TOGETHER, this::project);
  }

  @Override
  public Tensor embedImages(List<Image> images) {
    return inParts(images, PICTURES_TOGETHER, some -> project(preprocessing.apply(some)));
  }

  private <T> Tensor inParts(List<T> all, int together, Function<List<T>, Tensor> embed) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("nothing to embed");
    }
    return Grad.off(
        () ->
            Scope.tidy(
                () -> {
                  List<Tensor> parts = new ArrayList<>();
                  for (int i = 0; i < all.size(); i += together) {
                    List<T> some = all.subList(i, Math.min(all.size(), i + together));
                    parts.add(Scope.tidy(() -> embed.apply(some).to(DType.FLOAT32)));
                  }
                  return Tensor.cat(parts, 0);
                }));
  }

  @Override
  public int dimension() {
    return config.dimension();
  }

  /**
   * Cosines of the angles between embeddings.
   *
   * @param a [n, d]
   * @param b [m, d]
   * @return [n, m], from -1 to 1
   */
  public static Tensor similarities(Tensor a, Tensor b) {
    return Scope.tidy(() -> unit(a).matmul(unit(b).transpose(0, 1)));
  }

  /** Embeddings [n, d] with a length of 1. */
  public static Tensor unit(Tensor embeddings) {
    return Scope.tidy(() -> embeddings.dividedBy(Functional.norm(embeddings, 1)));
  }

  // ---- the towers with their projections, for training too

  /** Texts to embeddings [n, dimension]; gradients reach the weights. */
  public Tensor project(List<String> texts) {
    return Scope.tidy(
        () -> {
          Tokens tokens = tokenizer.encode(texts);
          int rows = tokens.batch();
          // No token sees a later one, so what is behind the longest text changes nothing.
          int used = tokens.rows().stream().mapToInt(Tokens.Row::used).max().orElse(1);
          int length = Math.min(used, config.text().positions());
          int[] all = tokens.ids();
          long[] ids = new long[rows * length];
          long[] ends = new long[rows];
          for (int row = 0; row < rows; row++) {
            for (int i = 0; i < length; i++) {
              ids[row * length + i] = all[row * tokens.length() + i];
            }
            int first = row * tokens.length();
            ends[row] = (long) row * length + config.endIn(all, first, length) - first;
          }
          Tensor states = text.encode(Tensor.of(ids, rows, length), ones(rows, length));
          Tensor pooled =
              states.reshape(-1, config.text().width()).indexSelect(0, Tensor.of(ends, rows));
          return textProjection.apply(pooled);
        });
  }

  private static Tensor ones(int rows, int length) {
    return Tensor.full(1, DType.INT64, rows, length);
  }

  /**
   * Prepared pictures to embeddings [n, dimension]; gradients reach the weights.
   *
   * @param prepared [n, 3, side, side] of {@link ClipPreprocessing}
   */
  public Tensor project(Tensor prepared) {
    return Scope.tidy(() -> visualProjection.apply(vision.encode(prepared.to(parameters.dtype()))));
  }

  /** The logarithm of what similarities are multiplied with before their softmax: a scalar. */
  public Tensor logitScale() {
    return logitScale;
  }

  public ClipConfig config() {
    return config;
  }

  public ClipTokenizer tokenizer() {
    return tokenizer;
  }

  public ClipPreprocessing preprocessing() {
    return preprocessing;
  }

  /** The weights, by transformers' names. */
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
