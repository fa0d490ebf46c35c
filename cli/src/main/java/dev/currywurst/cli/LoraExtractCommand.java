package dev.currywurst.cli;

import dev.currywurst.lora.AdapterSettings;
import dev.currywurst.lora.LoraDialect;
import dev.currywurst.lora.LoraExtraction;
import dev.currywurst.lora.LoraFactors;
import dev.currywurst.lora.LoraPart;
import dev.currywurst.lora.LoraTarget;
import dev.currywurst.lora.LoraWriter;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst lora extract}: a LoRA of what a fine-tuning changed. */
@Command(
    name = "extract",
    header = "Makes a LoRA of the difference between a model and a fine-tuned one.",
    sortOptions = false,
    sortSynopsis = false)
final class LoraExtractCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "BASE", description = "A model folder or owner/name.")
  private String base = "";

  @Parameters(index = "1", paramLabel = "TUNED", description = "What became of it.")
  private String tuned = "";

  @Option(
      names = "--rank",
      paramLabel = "R",
      defaultValue = "16",
      description = "More keeps more of the difference, in a larger file. Default: 16")
  private int rank;

  @Option(
      names = "--targets",
      paramLabel = "LAYER",
      split = ",",
      description =
          "Only layers whose names end so, such as to_q,to_v; or expressions for whole names."
              + " Default: all linear layers and 1x1 convolutions that differ.")
  private List<String> targets = List.of(AdapterSettings.ALL_LINEAR);

  @Option(
      names = "--to",
      paramLabel = "DIALECT",
      defaultValue = "diffusers",
      description = "diffusers, peft or kohya. Default: ${DEFAULT-VALUE}")
  private LoraDialect dialect = LoraDialect.DIFFUSERS;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "The LoRA; for peft, a folder.")
  private Path output = Path.of("");

  @Option(names = "--force", description = "Replace what is there already.")
  private boolean force;

  @Override
  public Integer call() {
    AdapterSettings settings = AdapterSettings.of(rank).withTargets(targets);
    LoraConvertCommand.checkOutput(output, dialect, force);
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, false);
        Scope scope = Scope.open()) {
      ModelLocator locator = ModelLocator.standard(new Downloads(progress, interruption));
      ModelFolder before = locator.locate(base);
      ModelFolder after = locator.locate(tuned);
      Map<LoraTarget, LoraFactors> layers = new LinkedHashMap<>();
      for (LoraPart part : LoraPart.values()) {
        Component component = Component.of(part);
        if (before.has(component) && after.has(component)) {
          LoraExtraction extraction =
              LoraExtraction.of(
                  part,
                  before.require(component).weights(DType.FLOAT32),
                  after.require(component).weights(DType.FLOAT32),
                  settings,
                  target -> interruption.check("Interrupted; nothing was written."));
          layers.putAll(extraction.layers());
          tell(err, component, extraction);
        }
      }
      if (layers.isEmpty()) {
        throw new CurrywurstException(
            "No layer that a LoRA could hold differs in %s and %s.".formatted(base, tuned));
      }
      LoraWriter.write(output, dialect, layers, Map.of());
    }
    spec.commandLine().getOut().println(output);
    return 0;
  }

  private static void tell(PrintWriter err, Component component, LoraExtraction extraction) {
    if (!extraction.layers().isEmpty()) {
      err.println(
          String.format(
              Locale.ROOT,
              "%s: %d layers; the LoRA holds %.1f %% of their squared difference.",
              component,
              extraction.layers().size(),
              100 * extraction.keptShare()));
    }
    if (!extraction.leftOut().isEmpty()) {
      err.println(
          "%s: %d other weights differ and are left out, such as %s."
              .formatted(
                  component, extraction.leftOut().size(), extraction.leftOut().iterator().next()));
    }
  }
}
