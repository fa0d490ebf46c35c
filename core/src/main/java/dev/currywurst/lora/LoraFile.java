package dev.currywurst.lora;

import dev.currywurst.lora.LoraNames.Meaning;
import dev.currywurst.lora.LoraNames.Role;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A LoRA for Stage C, its text tower, or both, in any of the dialects that tools write: diffusers'
 * and peft's {@code lora_A/lora_B}, diffusers' older {@code lora.down/lora.up}, and {@code
 * lora_down/lora_up/alpha} of kohya's scripts and OneTrainer.
 *
 * <pre>{@code
 * LoraFile style = LoraFile.open(Path.of("pytorch_lora_weights.safetensors"));
 * PipelineOptions options = PipelineOptions.standard().withLoras(List.of(style.scaled(0.8)));
 * }</pre>
 *
 * <p>Opening checks names and shapes; numbers stay in the mapped file until they are used, so there
 * is nothing to close.
 */
public final class LoraFile {
  private static final String PEFT_WEIGHTS = "adapter_model.safetensors";
  private static final String PEFT_CONFIG = "adapter_config.json";
  private static final String DIFFUSERS_WEIGHTS = "pytorch_lora_weights.safetensors";
  private static final int NAMES_IN_A_MESSAGE = 4;

  /**
   * A layer of the file.
   *
   * @param rank of its factors
   * @param scale of their product: alpha / rank
   */
  public record Layer(LoraTarget target, long rank, double scale, long in, long out) {
    public double alpha() {
      return scale * rank;
    }
  }

  private final Path path;
  private final List<Path> files;
  private final WeightFile file;
  private final Map<LoraTarget, Map<Role, String>> names;
  private final Map<LoraTarget, Layer> layers = new LinkedHashMap<>();

  private LoraFile(
      Path path, List<Path> files, WeightFile file, Map<LoraTarget, Map<Role, String>> names) {
    this.path = path;
    this.files = files;
    this.file = file;
    this.names = names;
  }

  /**
   * Opens a file, or a folder as peft and diffusers save it.
   *
   * @throws CurrywurstException if it is missing or broken, or has tensors that belong to no layer
   *     of a Würstchen
   */
  public static LoraFile open(Path path) {
    Path weights = weights(path);
    WeightFile file = WeightFile.open(weights);
    Path config = weights.resolveSibling(PEFT_CONFIG);
    boolean isPeft = weights.endsWith(PEFT_WEIGHTS) && Files.exists(config);
    List<Path> files = isPeft ? List.of(weights, config) : List.of(weights);
    LoraFile lora = new LoraFile(path, files, file, meanings(file));
    Map<LoraPart, AdapterConfig> configs = new EnumMap<>(LoraPart.class);
    for (LoraPart part : LoraPart.values()) {
      configs.put(
          part,
          isPeft
              ? AdapterConfig.read(ConfigFile.read(config))
              : AdapterConfig.read(path.toString(), file.metadata(), part));
    }
    lora.names.forEach(
        (target, roles) ->
            lora.layers.put(target, lora.layer(target, roles, configs.get(target.part()))));
    return lora;
  }

  private static Path weights(Path path) {
    if (!Files.isDirectory(path)) {
      return path;
    }
    for (String name : List.of(PEFT_WEIGHTS, DIFFUSERS_WEIGHTS)) {
      if (Files.exists(path.resolve(name))) {
        return path.resolve(name);
      }
    }
    throw new CurrywurstException(
        "%s holds no LoRA: there is neither %s nor %s in it."
            .formatted(path, PEFT_WEIGHTS, DIFFUSERS_WEIGHTS));
  }

  private static Map<LoraTarget, Map<Role, String>> meanings(WeightFile file) {
    Map<LoraTarget, Map<Role, String>> meanings = new LinkedHashMap<>();
    Set<String> unknown = new TreeSet<>();
    for (String name : file.names()) {
      LoraNames.parse(name)
          .ifPresentOrElse(
              meaning -> {
                Map<Role, String> roles =
                    meanings.computeIfAbsent(meaning.target(), t -> new EnumMap<>(Role.class));
                requireOnce(file, meaning, roles.put(meaning.role(), name), name);
              },
              () -> unknown.add(name));
    }
    if (!unknown.isEmpty()) {
      throw refusal(
          file.path(),
          "%d of its %d tensors belong to no layer of a Würstchen's Stage C or text tower that a LoRA changes: %s; it is for another model, or of another kind"
              .formatted(unknown.size(), file.names().size(), listed(unknown)));
    }
    if (meanings.isEmpty()) {
      throw refusal(file.path(), "it is empty");
    }
    return meanings;
  }

  private static void requireOnce(
      WeightFile file, Meaning meaning, @Nullable String other, String name) {
    if (other != null) {
      throw refusal(
          file.path(),
          "%s and %s are both the same factor of %s".formatted(other, name, meaning.target()));
    }
  }

  private Layer layer(LoraTarget target, Map<Role, String> roles, AdapterConfig config) {
    String down = roles.get(Role.DOWN);
    String up = roles.get(Role.UP);
    if (down == null || up == null) {
      throw refusal(
          path,
          "it has only one of the two factors of %s; the file is cut or broken".formatted(target));
    }
    List<Long> narrow = matrix(down);
    List<Long> wide = matrix(up);
    long rank = narrow.get(0);
    if (rank < 1 || rank != wide.get(1)) {
      throw refusal(
          path,
          "the factors of %s have shapes %s and %s, which cannot be multiplied"
              .formatted(target, narrow, wide));
    }
    String alpha = roles.get(Role.ALPHA);
    double scale =
        alpha == null ? config.scale(path.toString(), target.module(), rank) : number(alpha) / rank;
    if (!Double.isFinite(scale)) {
      throw refusal(path, "the alpha of %s is not a finite number".formatted(target));
    }
    return new Layer(target, rank, scale, narrow.get(1), wide.get(0));
  }

  /** The shape as a matrix: 1x1 convolutions have two more extents, which are 1. */
  private List<Long> matrix(String name) {
    List<Long> shape = file.entry(name).shape();
    List<Long> rest = shape.subList(Math.min(2, shape.size()), shape.size());
    if (shape.size() < 2 || rest.stream().anyMatch(extent -> extent != 1)) {
      throw refusal(path, "tensor %s has shape %s and is no matrix".formatted(name, shape));
    }
    return shape.subList(0, 2);
  }

  private double number(String name) {
    try (Scope scope = Scope.open()) {
      Tensor alpha = file.tensor(name);
      if (alpha.elements() != 1) {
        throw refusal(path, "tensor %s is not one number".formatted(name));
      }
      return alpha.to(DType.FLOAT32).item();
    }
  }

  /** The file or folder that was opened. */
  public Path path() {
    return path;
  }

  /** All that was read: the weights, and peft's settings if they lie beside them. */
  public List<Path> files() {
    return files;
  }

  /** The file's name without its ending, or the folder's. */
  public String name() {
    String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
    int ending = name.lastIndexOf('.');
    return ending > 0 && !Files.isDirectory(path) ? name.substring(0, ending) : name;
  }

  /** What its tensors are named after. */
  public LoraDialect dialect() {
    String first = names.values().iterator().next().get(Role.DOWN);
    if (first.contains("base_model.model.")) {
      return LoraDialect.PEFT;
    }
    return first.startsWith("lora_") ? LoraDialect.KOHYA : LoraDialect.DIFFUSERS;
  }

  /** The file's own remarks. */
  public Map<String, String> metadata() {
    return file.metadata();
  }

  /** Its layers, in the order of the file. */
  public Map<LoraTarget, Layer> layers() {
    return Collections.unmodifiableMap(layers);
  }

  /** True if it changes this network. */
  public boolean changes(LoraPart part) {
    return layers.keySet().stream().anyMatch(target -> target.part() == part);
  }

  /** The factors of a layer, float32, owned by the open scope. */
  public LoraFactors factors(LoraTarget target) {
    Layer layer = layers.get(target);
    if (layer == null) {
      throw new IllegalArgumentException(path + " does not change " + target);
    }
    Map<Role, String> roles = names.get(target);
    return new LoraFactors(
        matrix(roles.get(Role.DOWN), layer.rank(), layer.in()),
        matrix(roles.get(Role.UP), layer.out(), layer.rank()),
        layer.scale());
  }

  private Tensor matrix(String name, long rows, long columns) {
    return file.tensor(name).to(DType.FLOAT32).reshape(rows, columns);
  }

  /** All factors, owned by the open scope. */
  public Map<LoraTarget, LoraFactors> factors() {
    Map<LoraTarget, LoraFactors> factors = new LinkedHashMap<>();
    layers.keySet().forEach(target -> factors.put(target, factors(target)));
    return factors;
  }

  /** This LoRA at some strength; 1 is what was trained, below 0 leads away from it. */
  public ScaledLora scaled(double strength) {
    return new ScaledLora(this, strength);
  }

  private static CurrywurstException refusal(Path path, String problem) {
    return new CurrywurstException("Cannot use the LoRA %s: %s.".formatted(path, problem));
  }

  private static String listed(Set<String> names) {
    String first =
        names.stream()
            .limit(NAMES_IN_A_MESSAGE)
            .map(name -> name.replaceAll("[^\\p{Graph}]", "?"))
            .collect(Collectors.joining(", "));
    int more = names.size() - NAMES_IN_A_MESSAGE;
    return more > 0 ? first + " and " + more + " more" : first;
  }

  /** The path. */
  @Override
  public String toString() {
    return path.toString();
  }
}
