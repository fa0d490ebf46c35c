package dev.currywurst.cli;

import dev.currywurst.lora.LoraFile;
import dev.currywurst.lora.LoraPart;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst lora info}: what a LoRA file holds. */
@Command(
    name = "info",
    header = "Tells what a LoRA changes, and what its file says of itself.",
    sortOptions = false,
    sortSynopsis = false)
final class LoraInfoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "A LoRA file, or a folder of peft.")
  private Path file = Path.of("");

  @Option(names = "--layers", description = "Also each layer.")
  private boolean layers;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    LoraFile lora = LoraFile.open(file);
    out.println(file + ": a LoRA in the dialect of " + lora.dialect());
    for (LoraPart part : LoraPart.values()) {
      List<LoraFile.Layer> changed =
          lora.layers().values().stream().filter(l -> l.target().part() == part).toList();
      if (!changed.isEmpty()) {
        long numbers = changed.stream().mapToLong(l -> l.rank() * (l.in() + l.out())).sum();
        out.println(
            "%s: %d layers (%s), rank %s, alpha %s, %s numbers"
                .formatted(
                    part == LoraPart.PRIOR ? "Stage C" : "Text tower",
                    changed.size(),
                    kinds(changed),
                    values(changed.stream().map(l -> (double) l.rank()).toList()),
                    values(changed.stream().map(LoraFile.Layer::alpha).toList()),
                    Quantity.count(numbers)));
      }
    }
    for (Map.Entry<String, String> remark : new TreeMap<>(lora.metadata()).entrySet()) {
      out.println(Printed.plain(remark.getKey()) + ": " + Printed.plain(remark.getValue()));
    }
    if (layers) {
      out.println();
      lora.layers()
          .values()
          .forEach(
              layer ->
                  out.println(
                      "%s  rank %d, alpha %s, %d to %d"
                          .formatted(
                              layer.target(),
                              layer.rank(),
                              PictureText.number(layer.alpha()),
                              layer.in(),
                              layer.out())));
    }
    return 0;
  }

  /** The ends of the layers' names, without the numbers of blocks. */
  private static String kinds(List<LoraFile.Layer> layers) {
    return layers.stream()
        .map(layer -> layer.target().module().replaceFirst("^.*(?:blocks|layers)\\.\\d+\\.", ""))
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** One value, or from the least to the greatest. */
  private static String values(List<Double> all) {
    String least = PictureText.number(all.stream().min(Double::compare).orElseThrow());
    String greatest = PictureText.number(all.stream().max(Double::compare).orElseThrow());
    return least.equals(greatest) ? least : least + " to " + greatest;
  }
}
