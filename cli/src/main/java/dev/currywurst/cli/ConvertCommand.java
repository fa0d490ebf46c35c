package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.clip.ClipModel;
import dev.currywurst.nn.Parameters;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ComponentFolder;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelInspection;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.pipeline.ModelWriter;
import dev.currywurst.pipeline.PictureSize;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
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
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst convert}: checkpoints of Würstchen's authors to a model folder. */
@Command(
    name = "convert",
    header =
        "Makes a model folder of checkpoints that Würstchen's authors published, or of a model.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst convert model_v2_stage_c.pt --base warp-ai/wuerstchen --output my-model",
      "  currywurst convert model_v2_stage_b.pt vqgan_f4_v1_500k.pt --output my-model",
      "  currywurst convert --base my-model --dtype bfloat16 --output my-model-in-half",
      "",
      "Which stage a file holds is told by its tensors' names. generate and diffusers load the result.",
      "The checkpoints are read as data; nothing in them is executed."
    })
final class ConvertCommand implements Callable<Integer> {
  /** What the published model was trained for. */
  private static final PictureSize PUBLISHED_SIZE = new PictureSize(1024, 1024);

  @Spec private CommandSpec spec = CommandSpec.create();

  @picocli.CommandLine.Parameters(
      paramLabel = "CHECKPOINT",
      arity = "0..*",
      description = "A .pt, .ckpt or .safetensors file; one may hold several networks.")
  private List<Path> checkpoints = List.of();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "The model folder; it may hold other parts already.")
  private Path output = Path.of("");

  @Option(
      names = "--base",
      paramLabel = "DIR|owner/name",
      description = "A model to copy the other parts from, such as text towers; or a CLIP to copy.")
  private @Nullable String base;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "config.json of the network, if its size is not the published one.")
  private @Nullable Path config;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description =
          "Type of the matrices that come from --base: float32, float16 or bfloat16. Default: as they"
              + " are.")
  private @Nullable String dtype;

  @Option(
      names = "--force",
      description = "Replace parts that are there already, also by those of --base.")
  private boolean force;

  @Override
  public Integer call() {
    if (checkpoints.isEmpty() && base == null) {
      throw new CurrywurstException("There is nothing to convert; give checkpoints, or --base.");
    }
    DType type = type();
    Map<Component, WeightFile> networks = networks();
    if (config != null && networks.size() != 1) {
      throw new CurrywurstException(
          "--config describes the network of a checkpoint, and there are %d; give one."
              .formatted(networks.size()));
    }
    if (checkpoints.isEmpty() && base != null) {
      Path folder = located(base, ModelLocator::folder);
      if (ClipModel.isOne(folder)) {
        copyClip(folder, type);
        spec.commandLine().getOut().println(output);
        return 0;
      }
    }
    Optional<ModelFolder> there = there();
    for (Component component : networks.keySet()) {
      if (!force && there.isPresent() && there.get().has(component)) {
        throw new CurrywurstException(
            "%s has a %s already; choose another folder, or add --force to replace it."
                .formatted(output, component));
      }
    }
    Optional<ModelFolder> others =
        Optional.ofNullable(base).map(name -> located(name, ModelLocator::find));
    List<ComponentFolder> copied = copied(networks.keySet(), there, others);
    OutputFile.folder(output);
    ModelWriter writer = new ModelWriter(output);
    networks.forEach((component, file) -> write(writer, component, file));
    for (ComponentFolder part : copied) {
      tell(part.component(), part.folder());
      if (type == null) {
        writer.copy(part);
      } else {
        writer.copy(part, type);
      }
    }
    boolean newPrior =
        networks.containsKey(Component.PRIOR)
            || copied.stream().anyMatch(part -> part.component() == Component.PRIOR);
    if (newPrior) {
      writer.preview(networks.containsKey(Component.PRIOR) ? Optional.empty() : others);
    }
    writer.index(geometry(there, others));
    spec.commandLine().getOut().println(output);
    return 0;
  }

  /** The parts to copy; those that are there already are kept, but for --force. */
  private List<ComponentFolder> copied(
      Set<Component> converted, Optional<ModelFolder> there, Optional<ModelFolder> others) {
    List<ComponentFolder> copied = new ArrayList<>();
    others.ifPresent(model -> copied.addAll(model.components().values()));
    copied.removeIf(part -> converted.contains(part.component()));
    if (!force && there.isPresent()) {
      ModelInspection inspection = ModelInspection.of(there.get());
      copied.removeIf(part -> isKept(inspection.part(part.component())));
    }
    return copied;
  }

  private boolean isKept(ModelInspection.Part part) {
    if (part.folder().isEmpty()) {
      return false;
    }
    if (part.problem().isPresent()) {
      // As a copy leaves it that failed.
      throw new CurrywurstException(
          "%s has a %s that is not whole, as inspect tells; add --force to replace what is there."
              .formatted(output, part.component()));
    }
    spec.commandLine().getErr().println(part.component() + " is there already and kept");
    return true;
  }

  /** Numbers go with halves: each has all of them from the model that its parts are of. */
  private ModelWriter.Geometry geometry(Optional<ModelFolder> there, Optional<ModelFolder> others) {
    return Stream.of(Component.DECODER, Component.PRIOR)
        .flatMap(
            main ->
                (force ? Stream.of(others, there) : Stream.of(there, others))
                    .flatMap(Optional::stream)
                    .filter(model -> model.has(main))
                    .limit(1)
                    .map(model -> model.half(main == Component.PRIOR)))
        .reduce(ModelFolder::with)
        .map(ModelFolder::geometry)
        .orElse(ModelWriter.Geometry.published(PUBLISHED_SIZE));
  }

  private @Nullable DType type() {
    if (dtype == null) {
      return null;
    }
    if (base == null) {
      throw new CurrywurstException(
          "--dtype is for the parts of --base; checkpoints keep their type. Give --base.");
    }
    return Arrays.stream(DType.values())
        .filter(DType::isFloatingPoint)
        .filter(type -> type.toString().equals(dtype))
        .findFirst()
        .orElseThrow(
            () ->
                new CurrywurstException(
                    "The --dtype %s is not known; use float32, float16 or bfloat16."
                        .formatted(dtype)));
  }

  /** What the checkpoints hold, under diffusers' names. */
  private Map<Component, WeightFile> networks() {
    Map<Component, WeightFile> networks = new EnumMap<>(Component.class);
    for (Path checkpoint : checkpoints) {
      Map<Component, WeightFile> found = WeightKind.networks(WeightFile.open(checkpoint));
      if (found.isEmpty()) {
        throw new CurrywurstException(
            checkpoint + " holds no network of Würstchen; inspect --tensors tells what it holds.");
      }
      found.forEach(
          (component, file) -> {
            WeightFile other = networks.putIfAbsent(component, file);
            if (other != null) {
              throw new CurrywurstException(
                  "%s and %s both hold a %s; give one of them."
                      .formatted(other.path(), checkpoint, component));
            }
          });
    }
    return networks;
  }

  /** The model that the output folder holds already. */
  private Optional<ModelFolder> there() {
    String[] names = output.toFile().list();
    return names == null || names.length == 0
        ? Optional.empty()
        : Optional.of(ModelFolder.open(output));
  }

  private <T> T located(String name, BiFunction<ModelLocator, String, T> search) {
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, false)) {
      return search.apply(ModelLocator.standard(new Downloads(progress, interruption)), name);
    }
  }

  private void copyClip(Path folder, @Nullable DType type) {
    OutputFile.emptyFolder(output, force);
    DType stored = type(WeightFile.ofFolder(folder, "a CLIP"));
    try (ClipModel clip = ClipModel.load(folder, stored)) {
      clip.save(output, type == null ? stored : type);
    }
  }

  private void write(ModelWriter writer, Component component, WeightFile file) {
    tell(component, file.path());
    switch (component) {
      case PRIOR -> {
        StageCConfig size = StageCConfig.read(size(StageCConfig.PUBLISHED.toJson()));
        write(file, p -> new StageC(size, p).parameters(), state -> writer.stageC(size, state));
      }
      case DECODER -> {
        StageBConfig size = StageBConfig.read(size(StageBConfig.PUBLISHED.toJson()));
        write(file, p -> new StageB(size, p).parameters(), state -> writer.stageB(size, state));
      }
      case VQGAN -> {
        StageAConfig size = StageAConfig.read(size(StageAConfig.PUBLISHED.toJson()));
        write(file, p -> new StageA(size, p).parameters(), state -> writer.stageA(size, state));
      }
      case IMAGE_ENCODER -> {
        ImageEncoderConfig size =
            ImageEncoderConfig.read(size(ImageEncoderConfig.PUBLISHED.toJson()));
        write(
            file,
            p -> new ImageEncoder(size, p).parameters(),
            state -> writer.imageEncoder(size, state));
      }
      default -> throw new IllegalStateException("no checkpoint is known to hold " + component);
    }
  }

  private ConfigFile size(ObjectNode published) {
    return config == null
        ? ConfigFile.of("the published configuration", published)
        : ConfigFile.read(config);
  }

  /** Builds the network over the mapped file, which checks names and shapes, and writes it. */
  private static void write(
      WeightFile file, UnaryOperator<Parameters> network, Consumer<Map<String, Tensor>> target) {
    try (Scope scope = Scope.open();
        Parameters parameters = WeightSource.mapped(file, type(file), Device.CPU).build(network)) {
      target.accept(parameters.state());
    }
  }

  /** The type that a network is stored in, as its first weights tell. */
  private static DType type(WeightFile file) {
    return file.names().stream()
        .flatMap(name -> file.entry(name).type().dtype().stream())
        .filter(DType::isFloatingPoint)
        .findFirst()
        .orElse(DType.FLOAT32);
  }

  private void tell(Component component, Path source) {
    spec.commandLine().getErr().println(component + " from " + source);
  }
}
