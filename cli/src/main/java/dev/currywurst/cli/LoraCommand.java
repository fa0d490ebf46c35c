package dev.currywurst.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code currywurst lora}: what can be done with LoRA files beside painting. */
@Command(
    name = "lora",
    header = "Merges, extracts, converts and describes LoRA files.",
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst lora info style.safetensors",
      "  currywurst lora merge my-model style.safetensors:0.8 --output styled-model",
      "  currywurst lora extract my-model tuned-model --rank 8 --output tuned.safetensors",
      "  currywurst lora convert style.safetensors --to kohya --output style-kohya.safetensors",
      "",
      "Files of diffusers, peft, kohya's scripts and OneTrainer are read. generate --lora paints",
      "with them, and needs no merged model."
    },
    subcommands = {
      LoraInfoCommand.class,
      LoraMergeCommand.class,
      LoraExtractCommand.class,
      LoraConvertCommand.class
    })
final class LoraCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Without a command: what there is to choose from. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return Failures.USAGE;
  }
}
