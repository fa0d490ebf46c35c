package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.OriginalCheckpoint;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where one part of a model lies.
 *
 * @param component what it is
 * @param folder with its configuration and, if it is a network, its weights
 */
public record ComponentFolder(Component component, Path folder) {
  private static final Pattern WEIGHTS =
      Pattern.compile(".*\\.(?:safetensors|bin|pt|pth|ckpt)(?:\\.index(?:\\.\\w+)?\\.json)?");

  private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}\\..*");

  /** The names that diffusers and transformers give, those of variants among them. */
  private static final Pattern USUAL =
      Pattern.compile("(?:diffusion_pytorch_model|model|pytorch_model)\\..*");

  /** Of no variant. */
  private static final Pattern PLAIN = Pattern.compile("\\w+\\.\\w+(?:\\.index\\.json)?");

  private static final Pattern HALF = Pattern.compile(".*\\.fp16[.-].*");

  /** Its {@code config.json}, or {@code scheduler_config.json} of a schedule. */
  public ConfigFile config() {
    return ConfigFile.read(folder.resolve(configName()));
  }

  private String configName() {
    return component == Component.PRIOR_SCHEDULER || component == Component.DECODER_SCHEDULER
        ? "scheduler_config.json"
        : "config.json";
  }

  /**
   * The file with the weights: safetensors before PyTorch's, one file before shards, and variants
   * such as {@code ema} where nothing else is there; {@code fp16} also where float16 is asked for.
   */
  public Optional<Path> weightFile(DType type) {
    boolean half = type == DType.FLOAT16;
    List<Path> files = weightFiles();
    List<Path> usual = files.stream().filter(file -> USUAL.matcher(name(file)).matches()).toList();
    if (usual.isEmpty()) {
      // Training scripts name their one file as they like; among several there is no telling.
      return files.size() == 1 ? Optional.of(files.get(0)) : Optional.empty();
    }
    return usual.stream()
        .min(
            Comparator.comparing((Path file) -> HALF.matcher(name(file)).matches() != half)
                .thenComparing(file -> !PLAIN.matcher(name(file)).matches())
                .thenComparing(file -> !name(file).contains(".safetensors"))
                .thenComparing(file -> name(file).endsWith(".json"))
                .thenComparing(ComponentFolder::name));
  }

  private List<Path> weightFiles() {
    return files().stream()
        .filter(file -> WEIGHTS.matcher(name(file)).matches())
        .filter(file -> !SHARD.matcher(name(file)).matches())
        .filter(file -> !name(file).startsWith("."))
        .toList();
  }

  /** All files; the configuration comes last, so that a copy that has one is whole. */
  List<Path> files() {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .sorted(
              Comparator.comparing((Path file) -> name(file).equals(configName()))
                  .thenComparing(Comparator.naturalOrder()))
          .toList();
    } catch (IOException e) {
      throw new CurrywurstException("Cannot read the folder " + folder + " of the " + component, e);
    }
  }

  /** All files that are no weights, such as the configuration. */
  List<Path> otherFiles() {
    return files().stream().filter(file -> !WEIGHTS.matcher(name(file)).matches()).toList();
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  /**
   * Opens {@link #weightFile}; checkpoints of Würstchen's authors appear under diffusers' names.
   *
   * @throws CurrywurstException if there is none or it is broken
   */
  public WeightFile weights(DType type) {
    Path file =
        weightFile(type)
            .orElseThrow(
                () ->
                    new CurrywurstException(
                        "%s has no weights for the %s, such as diffusion_pytorch_model.safetensors or model.safetensors."
                            .formatted(folder, component)));
    WeightFile weights = WeightFile.open(file);
    if (name(file).contains(".safetensors")) {
      return weights;
    }
    return switch (component) {
      case PRIOR -> OriginalCheckpoint.stageC(weights);
      case DECODER -> OriginalCheckpoint.stageB(weights);
      case VQGAN -> OriginalCheckpoint.stageA(weights);
      case IMAGE_ENCODER -> OriginalCheckpoint.imageEncoder(weights);
      default -> weights;
    };
  }
}
