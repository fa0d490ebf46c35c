package dev.currywurst.cli;

import dev.currywurst.train.world.Drawing.Kind;
import dev.currywurst.train.world.DrawnFolder;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst draw}: captioned pictures of the small drawn world. */
@Command(
    name = "draw",
    header = "Draws a folder of captioned pictures to train or to test on.",
    sortOptions = false,
    footer = {
      "",
      "world has things in colours, sizes, numbers and places; held-back has things in colours that",
      "world never shows together; creatures have one style of their own, for fine-tuning. The same",
      "seed draws the same pictures. The bundled model was trained on world.",
      "",
      "Example:",
      "  currywurst draw creatures --output creatures --count 300"
    })
final class DrawCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "WHAT", description = "${COMPLETION-CANDIDATES}")
  private Choice what = Choice.WORLD;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "A new folder: pictures and metadata.jsonl.")
  private Path output = Path.of("");

  @Option(names = "--count", paramLabel = "N", required = true, description = "How many pictures.")
  private int count;

  @Option(
      names = "--size",
      paramLabel = "N",
      defaultValue = "128",
      description = "The pictures' sides in pixels. Default: ${DEFAULT-VALUE}")
  private int side;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of everything random. Default: ${DEFAULT-VALUE}")
  private long seed;

  /** What to draw, as the command line spells it. */
  enum Choice {
    WORLD,
    HELD_BACK,
    CREATURES;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Override
  public Integer call() {
    new DrawnFolder(Kind.valueOf(what.name()), count, seed, side).write(output);
    spec.commandLine().getOut().println(output);
    return 0;
  }
}
