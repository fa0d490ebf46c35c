package dev.currywurst.cli;

import dev.currywurst.blend.ModelBlend;
import dev.currywurst.lora.LoraMerge;
import dev.currywurst.lora.LoraPart;
import dev.currywurst.lora.ScaledLora;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.weights.WeightChange;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst lora merge}: a model with LoRAs in its weights. */
@Command(
    name = "merge",
    header = "Writes a model with LoRAs merged into its weights.",
    sortOptions = false,
    sortSynopsis = false)
final class LoraMergeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A model folder, or owner/name on the hub.")
  private String model = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "FILE[:SCALE]",
      description = "LoRAs and how strongly each acts. Default: 1")
  private List<String> loras = List.of();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "The new model's folder.")
  private Path output = Path.of("");

  @Option(names = "--force", description = "Replace what is there already.")
  private boolean force;

  @Override
  public Integer call() {
    List<ScaledLora> opened = loras.stream().map(LoraOptions::parse).toList();
    OutputFile.emptyFolder(output, force);
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, false)) {
      ModelFolder folder =
          ModelLocator.standard(new Downloads(progress, interruption)).locate(model);
      Map<Component, WeightChange> changes = new EnumMap<>(Component.class);
      for (LoraPart part : LoraPart.values()) {
        LoraMerge.of(opened, part).ifPresent(c -> changes.put(Component.of(part), c));
      }
      // Each is asked for: a model that lacks it cannot take the LoRA in.
      changes.keySet().forEach(folder::require);
      ModelBlend.changed(folder, changes, output);
    }
    spec.commandLine().getOut().println(output);
    return 0;
  }
}
