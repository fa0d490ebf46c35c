package dev.currywurst.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code currywurst dataset}: what to do with pictures before training on them. */
@Command(
    name = "dataset",
    header = "Checks, counts, thins out and captions a set of pictures.",
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst dataset check pictures",
      "  currywurst dataset stats pictures --sheet overview.png",
      "  currywurst dataset dedupe pictures --keep one --output pictures-once",
      "  currywurst dataset caption pictures",
      "",
      "All of them read folders, Parquet files and WebDataset tars, as training does."
    },
    subcommands = {
      DatasetCheckCommand.class,
      DatasetStatsCommand.class,
      DatasetDedupeCommand.class,
      DatasetCaptionCommand.class,
      DatasetListCommand.class
    })
final class DatasetCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Without a subcommand: what there is to choose from. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return Failures.USAGE;
  }
}
