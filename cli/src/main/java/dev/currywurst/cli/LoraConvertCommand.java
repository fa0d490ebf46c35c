package dev.currywurst.cli;

import dev.currywurst.lora.LoraDialect;
import dev.currywurst.lora.LoraFile;
import dev.currywurst.lora.LoraWriter;
import dev.currywurst.tensor.Scope;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst lora convert}: a LoRA in another dialect. */
@Command(
    name = "convert",
    header = "Writes a LoRA in the dialect of another tool.",
    sortOptions = false,
    sortSynopsis = false)
final class LoraConvertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "A LoRA file, or a folder of peft.")
  private Path file = Path.of("");

  @Option(
      names = "--to",
      paramLabel = "DIALECT",
      required = true,
      description =
          "diffusers (one file with lora_A and lora_B), peft (a folder, for one network), or kohya"
              + " (one file, which OneTrainer reads too).")
  private LoraDialect dialect = LoraDialect.DIFFUSERS;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      required = true,
      description = "The new file; for peft, the folder.")
  private Path output = Path.of("");

  @Option(names = "--force", description = "Replace what is there already.")
  private boolean force;

  @Override
  public Integer call() {
    LoraFile lora = LoraFile.open(file);
    checkOutput(output, dialect, force);
    try (Scope scope = Scope.open()) {
      LoraWriter.write(output, dialect, lora.factors(), LoraWriter.remarks(lora));
    }
    spec.commandLine().getOut().println(output);
    return 0;
  }

  static void checkOutput(Path output, LoraDialect dialect, boolean force) {
    if (dialect == LoraDialect.PEFT) {
      OutputFile.emptyFolder(output, force);
    } else {
      OutputFile.checked(output, force);
    }
  }
}
