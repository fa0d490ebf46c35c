package dev.currywurst.cli;

import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.train.dataset.CaptionLimit;
import dev.currywurst.train.dataset.DatasetCheck;
import dev.currywurst.train.dataset.Survey;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst dataset check}: what is wrong with a set of pictures? */
@Command(
    name = "check",
    header = "Opens every picture, reads every caption, and tells what is wrong.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst dataset check pictures",
      "  currywurst dataset check pictures --model my-model --json",
      "",
      "Errors are what training would stop at or learn wrongly: pictures that are missing, cannot"
          + " be",
      "decoded or have hardly a pixel, missing captions, broken lines. Warnings are worth a look:",
      "tiny, huge, long or blank pictures, equal pictures, captions that are cut, repeated or of a",
      "wrong encoding, files that are not used. It ends with 1 if there are errors."
    })
final class DatasetCheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private DatasetOptions dataset = new DatasetOptions();

  @Option(
      names = "--smallest-side",
      paramLabel = "PIXELS",
      defaultValue = "64",
      description = "Warn of pictures with a shorter side below. Default: ${DEFAULT-VALUE}")
  private int smallestSide;

  @Option(
      names = "--model",
      paramLabel = "DIR|owner/name",
      description =
          "The model to be trained: tells exactly which captions its tokenizer cuts. Default: warn"
              + " of more than 75 words, which 77 tokens never hold.")
  private @Nullable String model;

  @Option(names = "--strict", description = "End with 1 for warnings, too.")
  private boolean strict;

  @Option(names = "--json", description = "Print all findings as JSON.")
  private boolean json;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    DatasetCheck check;
    try (Progress progress = Progress.on(err, quiet)) {
      CaptionLimit limit = limit(progress, err);
      Survey survey = dataset.survey(progress);
      check = DatasetCheck.of(survey, new DatasetCheck.Demands(smallestSide, limit));
    }
    out.println(json ? check.json().toPrettyString() : check.text());
    boolean failed = check.mustBeMended() || (strict && !check.findings().isEmpty());
    return failed ? Failures.TOLD : 0;
  }

  private CaptionLimit limit(Progress progress, PrintWriter err) {
    if (model == null) {
      return CaptionLimit.byWords();
    }
    try (Interruption interruption = Interruption.watch(err)) {
      return CaptionLimit.of(
          ClipTokenizer.load(
              ModelLocator.standard(new Downloads(progress, interruption))
                  .locate(model)
                  .require(Component.PRIOR_TOKENIZER)
                  .folder()));
    }
  }
}
