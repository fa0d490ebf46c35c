package dev.currywurst.cli;

import dev.currywurst.image.Png;
import dev.currywurst.train.dataset.DatasetStatistics;
import dev.currywurst.train.dataset.Survey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst dataset stats}: figures of a set of pictures. */
@Command(
    name = "stats",
    header = "Counts sizes, ratios, modes, colours, captions, words and duplicates.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst dataset stats pictures",
      "  currywurst dataset stats pictures --sheet overview.png --json"
    })
final class DatasetStatsCommand implements Callable<Integer> {
  private static final int SHEET_PICTURES = 100;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private DatasetOptions dataset = new DatasetOptions();

  @Option(
      names = "--sheet",
      paramLabel = "FILE",
      description = "Write a PNG of 100 pictures, spread over the set, with their captions.")
  private @Nullable Path sheet;

  @Option(names = "--force", description = "Replace the sheet if it is there already.")
  private boolean force;

  @Option(names = "--json", description = "Print all figures as JSON.")
  private boolean json;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Path file = sheet == null ? null : OutputFile.checked(sheet, force);
    Survey survey;
    DatasetStatistics statistics;
    try (Progress progress = Progress.on(err, quiet)) {
      survey = dataset.survey(progress);
      statistics = DatasetStatistics.of(survey);
    }
    out.println(json ? statistics.json().toPrettyString() : statistics.text());
    if (file != null && statistics.readable() > 0) {
      Png.write(DatasetStatistics.sheet(survey, dataset.decoder(), SHEET_PICTURES), file);
      err.println(file);
    }
    return 0;
  }
}
