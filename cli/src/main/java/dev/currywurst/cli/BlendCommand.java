package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.blend.BlendReport;
import dev.currywurst.blend.BlendRule;
import dev.currywurst.blend.BlendRules;
import dev.currywurst.blend.ModelBlend;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst blend}: averages of two models. */
@Command(
    name = "blend",
    header = "Averages two models, or swaps layers between them.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst blend base tuned --alpha 0.5 --output half",
      "  currywurst blend base tuned --alpha 0 --rule attention=1 --output attention-of-tuned",
      "  currywurst blend base tuned --rule prior.blocks.2=0 --rule \"prior.*mapper*=0.3\" --output"
          + " b",
      "  currywurst blend base tuned --sweep 0,0.25,0.5,0.75,1 --prompt \"a red fox\" --sheet"
          + " fox.png",
      "",
      "Each weight becomes (1 - ALPHA) A + ALPHA B, computed in float32 and stored as A stores it.",
      "--alpha is for Stage C and its text tower; the other networks must be the same in both"
          + " models,",
      "unless a rule decides for them. The first rule that matches a weight decides. PATTERN is a"
          + " kind",
      "of layer as the table shows (attention), a network (prior), both (prior:attention), the",
      "beginning of names up to a dot (prior.blocks.2), or a name with * for anything."
    })
final class BlendCommand implements Callable<Integer> {
  private static final String REPORT = "blend.json";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "A",
      description = "A model folder, or owner/name on the hub: what ALPHA 0 is.")
  private String first = "";

  @Parameters(index = "1", paramLabel = "B", description = "Another of the same make: ALPHA 1.")
  private String second = "";

  @Option(
      names = "--alpha",
      paramLabel = "ALPHA",
      defaultValue = "0.5",
      description =
          "How much of B; below 0 and above 1 lead beyond A and B. Default: ${DEFAULT-VALUE}")
  private double alpha;

  @Option(
      names = "--rule",
      paramLabel = "PATTERN=ALPHA",
      description = "Another ALPHA for some weights, such as attention=1. Repeat it for several.")
  private List<String> rules = List.of();

  @Option(names = "--output", paramLabel = "DIR", description = "The new model's folder.")
  private @Nullable Path output;

  @Mixin private SweepOptions sweep = new SweepOptions();

  @Option(names = "--force", description = "Replace what is there already.")
  private boolean force;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    sweep.check(force);
    if (output == null && !sweep.isAsked()) {
      throw new ParameterException(
          spec.commandLine(), "Give --output for a new model, or --sweep for pictures, or both.");
    }
    BlendRules blendRules = new BlendRules(alpha, rules.stream().map(BlendRule::parse).toList());
    if (output != null) {
      OutputFile.emptyFolder(output, force);
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      ModelLocator locator = ModelLocator.standard(new Downloads(progress, interruption));
      ModelFolder base = sweep.isAsked() ? locator.find(first) : locator.locate(first);
      ModelBlend blend = ModelBlend.of(base, locator.locate(second));
      sweep.check(blend, blendRules);
      BlendReport report = blend.measure(blendRules);
      progress.close();
      report.notices().forEach(err::println);
      out.println(table(report, output != null));
      if (output != null) {
        blend.write(output, blendRules);
        ConfigFile.write(output.resolve(REPORT), json(report));
        out.println(output);
      }
      if (sweep.isAsked()) {
        out.println(sweep.paint(blend, blendRules, progress, interruption));
      }
    }
    return 0;
  }

  private static String table(BlendReport report, boolean withAlpha) {
    StringBuilder table = new StringBuilder();
    table.append(
        "%-32s %8s %12s %12s %9s"
            .formatted("weights", "tensors", "length of A", "B - A", "relative"));
    table.append(withAlpha ? "  ALPHA" : "");
    for (BlendReport.Group group : report.groups()) {
      table.append(
          String.format(
              Locale.ROOT,
              "%n%-32s %8d %12.4f %12.4f %8.2f%%",
              group.name(),
              group.tensors(),
              group.norm(),
              group.difference(),
              100 * group.relative()));
      if (withAlpha) {
        String lowest = PictureText.number(group.lowest());
        String highest = PictureText.number(group.highest());
        table.append("  ").append(lowest);
        table.append(lowest.equals(highest) ? "" : " to " + highest);
      }
    }
    return table.toString();
  }

  /** What made the model, beside it. */
  private ObjectNode json(BlendReport report) {
    ObjectNode json = ConfigFile.newObject();
    json.put("version", Main.Version.text())
        .put("first", ModelOptions.shortened(first))
        .put("second", ModelOptions.shortened(second))
        .put("alpha", alpha);
    ArrayNode told = json.putArray("rules");
    rules.forEach(told::add);
    json.setAll(report.toJson());
    return json;
  }
}
