package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.weights.ConfigFile;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a model folder holds, part by part, without loading a weight: configurations are read, and
 * the names and shapes in the weight files compared with what the networks ask for.
 */
public record ModelInspection(List<Part> parts) {
  /**
   * One part.
   *
   * @param folder where it lies; empty if it is missing
   * @param weightFile its weights; empty for parts without, or if they are missing
   * @param types what the weights are stored as, such as {@code F32}
   * @param tensors their number
   * @param parameters the numbers in all of them
   * @param bytes their size
   * @param problem a sentence on why this part cannot be used; empty if it can
   */
  public record Part(
      Component component,
      Optional<Path> folder,
      Optional<Path> weightFile,
      Set<String> types,
      int tensors,
      long parameters,
      long bytes,
      Optional<String> problem) {}

  public ModelInspection {
    parts = List.copyOf(parts);
  }

  /** Looks at all parts; what is wrong with one does not keep it from looking at the others. */
  public static ModelInspection of(ModelFolder model) {
    List<Part> parts = new ArrayList<>();
    for (Component component : Component.values()) {
      ComponentFolder folder = model.components().get(component);
      parts.add(folder == null ? missing(model, component) : inspect(model, folder));
    }
    return new ModelInspection(parts);
  }

  /** What was found of one component; each has a part, also if it is missing. */
  public Part part(Component component) {
    return parts.stream().filter(part -> part.component() == component).findFirst().orElseThrow();
  }

  /** True if prompts can become pictures; an image encoder is not needed for that. */
  public boolean canGenerate() {
    return parts.stream()
        .filter(part -> part.component() != Component.IMAGE_ENCODER)
        .allMatch(part -> part.problem().isEmpty());
  }

  private static Part missing(ModelFolder model, Component component) {
    // Published schedules are all alike, so a model without one gets that.
    boolean needed =
        component != Component.PRIOR_SCHEDULER && component != Component.DECODER_SCHEDULER;
    Optional<String> problem = needed ? sentence(() -> model.require(component)) : Optional.empty();
    return new Part(component, Optional.empty(), Optional.empty(), Set.of(), 0, 0, 0, problem);
  }

  private static Part inspect(ModelFolder model, ComponentFolder folder) {
    Component component = folder.component();
    Optional<Path> place = Optional.of(folder.folder());
    if (!component.isNetwork()) {
      return new Part(
          component,
          place,
          Optional.empty(),
          Set.of(),
          0,
          0,
          0,
          sentence(() -> readSmallPart(model, folder)));
    }
    try {
      WeightFile file = folder.weights(DType.FLOAT32);
      Set<String> types = new TreeSet<>();
      long parameters = 0;
      long bytes = 0;
      for (String name : file.names()) {
        WeightFile.Entry entry = file.entry(name);
        types.add(entry.type().name());
        parameters += entry.shape().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
        bytes += entry.bytes();
      }
      return new Part(
          component,
          place,
          folder.weightFile(DType.FLOAT32),
          types,
          file.names().size(),
          parameters,
          bytes,
          sentence(() -> compare(folder, file)));
    } catch (CurrywurstException e) {
      return new Part(
          component, place, Optional.empty(), Set.of(), 0, 0, 0, Optional.of(message(e)));
    }
  }

  private static void readSmallPart(ModelFolder model, ComponentFolder folder) {
    switch (folder.component()) {
      case PRIOR_SCHEDULER, DECODER_SCHEDULER -> model.schedule(folder.component());
      default -> ClipTokenizer.load(folder.folder());
    }
  }

  /**
   * Builds the network from names and shapes alone.
   *
   * @throws CurrywurstException if weights are missing, left over, or of another shape
   */
  static void compare(ComponentFolder folder, WeightFile file) {
    ConfigFile config = folder.config();
    WeightSource shapes = WeightSource.shapes(file);
    try (Scope scope = Scope.open();
        AutoCloseable network =
            switch (folder.component()) {
              case PRIOR -> shapes.build(p -> new StageC(StageCConfig.read(config), p));
              case DECODER -> shapes.build(p -> new StageB(StageBConfig.read(config), p));
              case VQGAN -> shapes.build(p -> new StageA(StageAConfig.read(config), p));
              case IMAGE_ENCODER ->
                  shapes.build(p -> new ImageEncoder(ImageEncoderConfig.read(config), p));
              default -> shapes.build(p -> new ClipTextEncoder(ClipTextConfig.read(config), p));
            }) {
      Objects.requireNonNull(network);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("networks close without checked exceptions", e);
    }
  }

  private static Optional<String> sentence(Runnable check) {
    try {
      check.run();
      return Optional.empty();
    } catch (CurrywurstException e) {
      return Optional.of(message(e));
    }
  }

  private static String message(CurrywurstException e) {
    return Objects.requireNonNull(e.getMessage());
  }
}
