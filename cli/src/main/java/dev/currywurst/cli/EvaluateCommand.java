package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.clip.ClipModel;
import dev.currywurst.hub.DownloadListener;
import dev.currywurst.hub.Hub;
import dev.currywurst.image.Png;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pocket.PocketModel;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.FinishedRun;
import dev.currywurst.train.judge.EncoderEmbedder;
import dev.currywurst.train.judge.EvaluationSheet;
import dev.currywurst.train.judge.Jury;
import dev.currywurst.train.judge.TestCase;
import dev.currywurst.train.judge.TestSet;
import dev.currywurst.train.judge.Verdict;
import dev.currywurst.train.judge.Verdicts;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst evaluate}: how good are models, in figures? */
@Command(
    name = "evaluate",
    header = "Tells in figures how well models paint what captions say.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst evaluate --output evaluated",
      "  currywurst evaluate --run tuned --output e",
      "  currywurst evaluate --data held-back --model live=run/model --model ema=run/model-ema"
          + " --output e",
      "  currywurst evaluate --data pictures --model M --clip openai/clip-vit-base-patch32 --output"
          + " e",
      "",
      "All models paint the same captions with the same noise: picture k has seed S + k, and S also",
      "chooses the captions. Judged are the main colour; whether CLIP finds the picture's own caption",
      "among 19 others about other things; the CLIP score, 100 times the mean cosine; and the Fréchet",
      "distances of CLIP's features, and of the first model's image encoder, from real pictures. The",
      "real pictures of the captions are judged beside. Brackets hold the range of 95 in 100 such",
      "samples.",
      "",
      "--data is whatever train takes, where metadata.jsonl may also name a subject and a color,",
      "or a .jsonl file of such lines. Without it, things are drawn in colours that the bundled model"
          + " never",
      "saw them in.",
      "",
      "DIR/evaluation.json has the figures, the settings and what became of each caption, and",
      "DIR/evaluation.png pictures: the real one, then each model's, with the colour found in"
          + " brackets",
      "and an exclamation mark where CLIP finds another caption nearer."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final int MOST = 10_000;

  /** Drawn beside those that are asked for. */
  private static final int DRAWN_OTHERS = 1000;

  private static final int DRAWN_SIDE = 128;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "[NAME=]DIR|owner/name",
      description = {
        "A model, with what its column is called; several to compare them. Default: the bundled"
            + " one,",
        ModelOptions.DEFAULT + "."
      })
  private List<String> models = List.of(ModelOptions.DEFAULT);

  @Option(
      names = "--data",
      paramLabel = "DIR|FILE",
      description =
          "Captioned pictures, or a file of lines. Default: drawings that were held back.")
  private @Nullable Path data;

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = {
        "The --output of a finetune command, in place of --model and --data: its models and the one"
            + " it",
        "began with (without any LoRA), by the pictures that it held back."
      })
  private @Nullable Path run;

  @Option(
      names = "--clip",
      paramLabel = "DIR|owner/name",
      description = "The judge. Default: the first model's own, or else the bundled one.")
  private @Nullable String clip;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "Folder for evaluation.json and evaluation.png.")
  private Path output = Path.of("");

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "200",
      description = "Captions to paint. Default: ${DEFAULT-VALUE}")
  private int count;

  @Mixin private PaintingOptions painting = new PaintingOptions();

  @Option(names = "--force", description = "Replace files that are there already.")
  private boolean force;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    if (count < 1 || count > MOST) {
      throw new CurrywurstException(
          "There are %d captions to paint; give 1 to %d.".formatted(count, MOST));
    }
    Optional<FinishedRun> finished = finished();
    Map<String, String> columns =
        finished.map(EvaluateCommand::columns).orElseGet(() -> columns(models));
    OutputFile.folder(output);
    Path sheet = OutputFile.checked(output.resolve("evaluation.png"), force);
    Path figures = OutputFile.checked(output.resolve("evaluation.json"), force);
    TestSet set =
        finished
            .map(ended -> TestSet.of(ended.heldOut(), count, painting.seed()))
            .orElseGet(this::set);
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    PipelineOptions options = painting.computing();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      set.repetition().ifPresent(progress::say);
      DownloadListener downloads = new Downloads(progress, interruption);
      Map<String, ModelFolder> found = new LinkedHashMap<>();
      ModelLocator locator = ModelLocator.standard(downloads);
      Map<String, String> names = new LinkedHashMap<>();
      finished
          .flatMap(ended -> before(ended, names, downloads, progress))
          .ifPresent(model -> found.put("before", model));
      columns.forEach((name, model) -> found.put(name, locator.find(model)));
      columns.forEach((name, model) -> names.put(name, shortened(model)));
      EvaluationSheet pictures = new EvaluationSheet(set.asked(), found.size());
      Verdicts verdicts;
      try (ClipModel judge = judge(found.values().iterator().next(), downloads)) {
        verdicts = verdicts(set, found, judge, pictures, options, new Run(progress, interruption));
      }
      ConfigFile.write(figures, json(verdicts, names, found));
      progress.close();
      out.println(verdicts.table());
      out.println(sample(verdicts));
      out.println(figures);
      Png.write(pictures.draw(), sheet);
      out.println(sheet);
    }
    return 0;
  }

  private Optional<FinishedRun> finished() {
    if (run == null) {
      return Optional.empty();
    }
    if (data != null || spec.commandLine().getParseResult().hasMatchedOption("--model")) {
      throw new CurrywurstException(
          "--run tells both models and pictures; leave --model and --data out.");
    }
    return Optional.of(FinishedRun.of(run));
  }

  private static Map<String, String> columns(FinishedRun run) {
    Map<String, String> columns = new LinkedHashMap<>();
    run.models().forEach((name, folder) -> columns.put(name, folder.toString()));
    return columns;
  }

  /** The model that a run began with, if it is still there. */
  private static Optional<ModelFolder> before(
      FinishedRun run, Map<String, String> names, DownloadListener downloads, Progress progress) {
    try {
      FinetuneCommand command = FinetuneCommand.parsed(run.command());
      ModelFolder basis = command.basis(downloads);
      names.put(
          "before",
          command.modelNames().stream()
              .map(EvaluateCommand::shortened)
              .collect(Collectors.joining(" and ")));
      return Optional.of(basis);
    } catch (CurrywurstException e) {
      progress.say("The model that the run began with is not among the columns: " + e.getMessage());
      return Optional.empty();
    }
  }

  private TestSet set() {
    return data == null
        ? TestSet.drawn(count, DRAWN_OTHERS, painting.seed(), DRAWN_SIDE)
        : TestSet.read(data, count, painting.seed());
  }

  /** What the table's figures come from. */
  private String sample(Verdicts verdicts) {
    Verdict first = verdicts.columns().values().iterator().next();
    String sample =
        String.format(
            Locale.ROOT,
            "%d captions, seeds %d to %d; by chance %.0f %% of colours and %.0f %% of objects",
            count,
            painting.seed(),
            painting.seed() + count - 1,
            100 * first.colourByChance(),
            100 * first.objectByChance());
    return verdicts.compared() == 0
        ? sample + "."
        : sample + "; Fréchet distances from %d real pictures.".formatted(verdicts.compared());
  }

  /** What is shown and what ends it. */
  private record Run(Progress progress, Interruption interruption) {}

  private Verdicts verdicts(
      TestSet set,
      Map<String, ModelFolder> models,
      ClipModel judge,
      EvaluationSheet pictures,
      PipelineOptions options,
      Run run) {
    ModelFolder first = models.values().iterator().next();
    try (EncoderEmbedder.Loan encoder = EncoderEmbedder.of(first);
        Jury jury = new Jury(judge, encoder.embedders(), set, painting.seed())) {
      Map<String, Verdict> verdicts = new LinkedHashMap<>();
      jury.ofReal().ifPresent(real -> verdicts.put("real", real));
      pictures.addReal();
      GenerationRequest request =
          painting.request(set.asked().stream().map(TestCase::prompt).toList());
      models.forEach(
          (name, folder) -> {
            Jury.Hearing hearing = jury.hear();
            GenerationProgress listener =
                new GenerationProgress(
                    run.progress(),
                    run.interruption(),
                    one -> {
                      hearing.add(one.image());
                      pictures.add(name, one.image());
                    });
            new Painter(folder, options).paint(request, listener);
            Verdict verdict = hearing.verdict();
            pictures.judged(name, verdict);
            verdicts.put(name, verdict);
          });
      return new Verdicts(verdicts, jury.compared());
    }
  }

  /** Names of columns to models. */
  private static Map<String, String> columns(List<String> models) {
    Map<String, String> columns = new LinkedHashMap<>();
    for (String model : models) {
      int sign = model.indexOf('=');
      boolean named = sign > 0 && !Files.exists(Path.of(model)) && model.indexOf('/') != 0;
      String name = named ? model.substring(0, sign) : shortened(model);
      if (name.equals("real")
          || columns.put(name, named ? model.substring(sign + 1) : model) != null) {
        throw new CurrywurstException(
            "Two columns would be called %s; give the models names, such as ema=%s."
                .formatted(name, model));
      }
    }
    return columns;
  }

  private static String shortened(String model) {
    Path last = Path.of(model).normalize().getFileName();
    return last == null ? model : last.toString();
  }

  private ClipModel judge(ModelFolder first, DownloadListener listener) {
    if (clip == null) {
      return ClipModel.load(first.clip().orElseGet(() -> new PocketModel().clip()));
    }
    return clip.equals(PocketModel.NAME)
        ? ClipModel.load(new PocketModel().clip())
        : ClipModel.find(clip, Hub.standard(System.getenv()), listener);
  }

  private String described() {
    if (run != null) {
      return "held out of " + shortened(run.toString());
    }
    return data == null ? "drawn" : shortened(data.toString());
  }

  private ObjectNode json(
      Verdicts verdicts, Map<String, String> columns, Map<String, ModelFolder> found) {
    ObjectNode json = ConfigFile.newObject();
    ObjectNode settings =
        json.putObject("settings")
            .put("version", Main.Version.text())
            .put("data", described())
            .put("clip", clip == null ? "default" : shortened(clip))
            .put("count", count);
    painting.describe(settings, found.values().iterator().next().naturalSize());
    ObjectNode names = settings.putObject("models");
    columns.forEach(names::put);
    return json.setAll(verdicts.toJson());
  }
}
