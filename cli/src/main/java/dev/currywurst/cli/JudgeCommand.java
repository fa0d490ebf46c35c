package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Png;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PictureSize;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.judge.ColourComparison;
import dev.currywurst.train.judge.ColourTrial;
import dev.currywurst.train.judge.ColourTrial.Painted;
import dev.currywurst.train.source.Columns;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst judge}: does a model paint the colours that prompts name? */
@Command(
    name = "judge",
    header = "Tells how often a model paints the colour that a prompt names.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst judge --data pictures --model run-c/model --output judged",
      "  currywurst judge --data pictures --model run-c/model --output judged --guidance 6 --force",
      "",
      "The prompts are captions of the pictures, spread over the colours that captions name. A judge",
      "finds the main colour of what is drawn on white, in what the model paints and in the real",
      "pictures: no model can be expected to agree with captions more often than they do. Picture k",
      "has seed S + k, so that two models, or two settings, are judged by the same noise.",
      "",
      "DIR/colours.png has all pictures, each with the colour that was found, in brackets, and its",
      "prompt; DIR/colours.json has the figures, the settings, and what became of each prompt."
    })
final class JudgeCommand implements Callable<Integer> {
  private static final int MOST_PROMPTS = 10_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data",
      paramLabel = "DATA",
      required = true,
      description = "Captioned pictures on white, as train takes it.")
  private Path data = Path.of("");

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private ModelOptions model = new ModelOptions();

  @Mixin private LoraOptions loras = new LoraOptions();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Folder for colours.png and colours.json.")
  private Path output = Path.of("");

  @Option(
      names = "--prompts",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many. Default: ${DEFAULT-VALUE}")
  private int count;

  @Mixin private PaintingOptions painting = new PaintingOptions();

  @Option(names = "--force", description = "Replace files that are there already.")
  private boolean force;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    if (count < 1 || count > MOST_PROMPTS) {
      throw new CurrywurstException(
          "There are %d prompts; give 1 to %d.".formatted(count, MOST_PROMPTS));
    }
    List<CaptionedImage> images = Dataset.open(data, Columns.USUAL).images();
    ColourTrial trial = ColourTrial.of(images, count);
    GenerationRequest request = painting.request(trial.prompts());
    PipelineOptions options = loras.applyTo(painting.computing());
    OutputFile.folder(output);
    Path sheet = OutputFile.checked(output.resolve("colours.png"), force);
    Path figures = OutputFile.checked(output.resolve("colours.json"), force);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      ModelFolder folder = model.find(new Downloads(progress, interruption));
      ColourTrial.Real real = ColourTrial.judge(images);
      real.loaded().notice().ifPresent(progress::say);
      List<Painted> painted = new ArrayList<>();
      new Painter(folder, options)
          .paint(
              request,
              new GenerationProgress(
                  progress,
                  interruption,
                  one -> painted.add(trial.judged(one.prompt(), one.seed(), one.image()))));
      ColourComparison comparison =
          new ColourComparison(ColourTrial.report(painted), real.colours());
      ConfigFile.write(figures, json(comparison, painted, folder.naturalSize()));
      progress.close();
      out.println(comparison.table());
      out.printf(
          Locale.ROOT,
          "By chance, with pictures and prompts shuffled, it would be %.0f %%.%n",
          100 * comparison.painted().chance());
      out.println(figures);
      // After the figures, which must not be lost where there is no room for pictures.
      Png.write(ColourTrial.sheet(painted), sheet);
      out.println(sheet);
    }
    return 0;
  }

  private ObjectNode json(ColourComparison comparison, List<Painted> painted, PictureSize natural) {
    ObjectNode json = ConfigFile.newObject();
    ObjectNode settings =
        json.putObject("settings").put("version", Main.Version.text()).put("model", model.name());
    if (!loras.described().isEmpty()) {
      settings.put("lora", loras.described());
    }
    painting.describe(settings, natural);
    json.setAll(comparison.toJson());
    ArrayNode pictures = json.putArray("pictures");
    for (Painted one : painted) {
      pictures
          .addObject()
          .put("prompt", one.prompt())
          .put("seed", one.seed())
          .put("asked", one.asked().word())
          .put("seen", one.seen().word());
    }
    return json;
  }
}
