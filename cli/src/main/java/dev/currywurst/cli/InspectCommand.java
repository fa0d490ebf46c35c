package dev.currywurst.cli;

import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelInspection;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.weights.StoredType;
import dev.currywurst.weights.WeightFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst inspect}: what a model or a weight file holds. */
@Command(
    name = "inspect",
    header = "Tells what a model or a weight file holds, and what is missing.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst inspect my-model",
      "  currywurst inspect warp-ai/wuerstchen-prior",
      "  currywurst inspect model_v2_stage_c.pt --tensors",
      "",
      "It ends with 1 if a part is broken, or its weights do not fit its configuration. Checkpoints of",
      "PyTorch are read as data; nothing in them is executed."
    })
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A model folder, owner/name on the Hugging Face hub (downloaded once), or a"
              + " .safetensors, .pt, .ckpt or .bin file.")
  private String model = "";

  @Option(names = "--tensors", description = "Also each tensor of a file, with type and shape.")
  private boolean tensors;

  @Override
  public Integer call() {
    Path path = Path.of(model);
    return Files.isRegularFile(path) ? inspectFile(path) : inspectModel();
  }

  private int inspectModel() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    ModelFolder found;
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, false)) {
      found = ModelLocator.standard(new Downloads(progress, interruption)).locate(model);
    }
    ModelInspection inspection = ModelInspection.of(found);
    out.println(found);
    out.println();
    out.println(row("part", "numbers", "type", "bytes", "folder"));
    inspection.parts().stream()
        .filter(part -> part.folder().isPresent())
        .forEach(part -> out.println(row(part)));
    LongSummaryStatistics numbers = sum(inspection, ModelInspection.Part::parameters);
    LongSummaryStatistics bytes = sum(inspection, ModelInspection.Part::bytes);
    out.println(
        row("all", Quantity.count(numbers.getSum()), "", Quantity.bytes(bytes.getSum()), ""));
    out.println();
    boolean broken = false;
    for (ModelInspection.Part part : inspection.parts()) {
      if (part.problem().isPresent()) {
        broken |= part.folder().isPresent();
        out.println((part.folder().isPresent() ? "Broken: " : "Missing: ") + part.problem().get());
      }
    }
    if (inspection.canGenerate()) {
      out.println("It can generate.");
    }
    return broken ? Failures.TOLD : 0;
  }

  private static LongSummaryStatistics sum(
      ModelInspection inspection, ToLongFunction<ModelInspection.Part> value) {
    return inspection.parts().stream().mapToLong(value).summaryStatistics();
  }

  private static String row(ModelInspection.Part part) {
    boolean weights = part.tensors() > 0;
    return row(
        part.component().toString(),
        weights ? Quantity.count(part.parameters()) : "",
        String.join(" ", part.types()),
        weights ? Quantity.bytes(part.bytes()) : "",
        part.folder().map(Path::toString).orElse(""));
  }

  private static String row(String part, String numbers, String type, String bytes, String folder) {
    return "%-24s %15s  %-8s %10s  %s"
        .formatted(part, numbers, type, bytes, folder)
        .stripTrailing();
  }

  private int inspectFile(Path path) {
    PrintWriter out = spec.commandLine().getOut();
    WeightFile file = WeightFile.open(path);
    long numbers = 0;
    long bytes = 0;
    Set<StoredType> types = new TreeSet<>();
    for (String name : file.names()) {
      WeightFile.Entry entry = file.entry(name);
      numbers += 8 * entry.bytes() / entry.type().bits();
      bytes += entry.bytes();
      types.add(entry.type());
    }
    out.println(path + ": " + WeightKind.of(file));
    out.println(
        "%s tensors, %s numbers, %s, %s"
            .formatted(
                Quantity.count(file.names().size()),
                Quantity.count(numbers),
                types.stream().map(StoredType::name).collect(Collectors.joining(" ")),
                Quantity.bytes(bytes)));
    for (Map.Entry<String, String> remark : file.metadata().entrySet()) {
      out.println(Printed.plain(remark.getKey()) + ": " + Printed.plain(remark.getValue()));
    }
    if (tensors) {
      out.println();
      for (String name : file.names()) {
        WeightFile.Entry entry = file.entry(name);
        out.println(Printed.plain(name) + "  " + entry.type() + " " + entry.shape());
      }
    }
    return 0;
  }
}
