package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.blend.BlendRules;
import dev.currywurst.blend.ModelBlend;
import dev.currywurst.clip.ClipModel;
import dev.currywurst.image.Image;
import dev.currywurst.image.PictureGrid;
import dev.currywurst.image.Png;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pocket.PocketModel;
import dev.currywurst.train.FineTuning;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.judge.Estimate;
import dev.currywurst.train.judge.Jury;
import dev.currywurst.train.judge.StyleJudge;
import dev.currywurst.train.judge.TestCase;
import dev.currywurst.train.judge.TestSet;
import dev.currywurst.train.judge.Verdict;
import dev.currywurst.train.judge.Verdicts;
import dev.currywurst.train.world.Drawing;
import dev.currywurst.train.world.DrawnFolder;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst demo}: what fine-tuning does, in a minute or two and without a download. */
@Command(
    name = "demo",
    header = "Fine-tunes the bundled model on drawn creatures, and shows what that did.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Creatures are drawn in a style of their own; the bundled model, which never saw one, learns"
          + " them;",
      "then four models paint the same prompts with the same noise: the one before, the trained"
          + " weights",
      "(live), their moving average (EMA), and the mean of before and live. Some prompts name"
          + " creatures,",
      "others what no creature shows: does the style carry over, and are words still obeyed?",
      "",
      "DIR/demo.png shows it, DIR/creatures-N-seed-N and DIR/tuned have the pictures and the"
          + " training. The",
      "figures are those of evaluate, on drawings of things in colours that were never shown"
          + " together."
    })
final class DemoCommand implements Callable<Integer> {
  private static final List<String> PROMPTS =
      List.of(
          "a round red creature with horns",
          "a blue creature with wings and spots",
          "a tall green creature with a leaf on its head",
          "a red house",
          "a yellow fish",
          "a purple mushroom",
          "two green stars",
          "a blue car beside a pink flower");

  private static final String STYLE =
      "Other creatures are painted in the creatures' style (nearer to them than to other drawings):";

  private static final int SIDE = 128;
  private static final int GAP = 8;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--output",
      paramLabel = "DIR",
      defaultValue = "demo",
      description = "Folder for everything. Default: ${DEFAULT-VALUE}")
  private Path output = Path.of("demo");

  @Option(
      names = "--pictures",
      paramLabel = "N",
      defaultValue = "200",
      description = "Creatures to learn from. Default: ${DEFAULT-VALUE}")
  private int pictures;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "300",
      description = "Steps of the training. Default: ${DEFAULT-VALUE}")
  private int steps;

  @Option(
      names = "--judged",
      paramLabel = "N",
      defaultValue = "40",
      description = "Held-back prompts that each model is judged by; 0 for none. Default: 40")
  private int judged;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of everything random. Default: ${DEFAULT-VALUE}")
  private int seed;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    threads.apply();
    OutputFile.folder(output);
    Path creatures = output.resolve("creatures-%d-seed-%d".formatted(pictures, seed));
    if (!Files.exists(creatures)) {
      new DrawnFolder(Drawing.Kind.CREATURES, pictures, seed, SIDE).write(creatures);
    }
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter out = spec.commandLine().getOut();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      PocketModel pocket = new PocketModel();
      ModelFolder before = ModelFolder.open(pocket.folder());
      Path tuned = tuned(before, creatures, progress, interruption);
      Map<String, Painter> painters = painters(before, tuned);
      Path sheet = output.resolve("demo.png");
      Png.write(sheet(painters, progress, interruption), sheet);
      List<String> figures = new ArrayList<>();
      if (judged > 0) {
        try (ClipModel clip = ClipModel.load(pocket.clip())) {
          figures.add(judged(painters, clip, progress, interruption).table());
          figures.add(style(painters, clip, progress, interruption));
        }
      }
      progress.close();
      figures.forEach(out::println);
      out.println(sheet);
    }
    return 0;
  }

  /** Fine-tunes, or goes on with that, and gives the folder of the run. */
  private Path tuned(
      ModelFolder before, Path creatures, Progress progress, Interruption interruption) {
    Path run = output.resolve("tuned");
    FineTuning tuning =
        FineTuning.plan(before, creatures, run, ConfigFile.of("the demo", settings()));
    progress.say(tuning.notice());
    try (TrainingRun training = TrainingRun.open(tuning.request())) {
      interruption.whenRequested(training::stop);
      TrainingProgress listener = new TrainingProgress("demo", tuning.steps(), progress);
      if (training.train(listener).isEmpty()) {
        throw listener.interrupted();
      }
    }
    return run;
  }

  /** A small model learns faster than the published one, for which finetune's defaults are. */
  private ObjectNode settings() {
    ObjectNode json = ConfigFile.newObject();
    json.putObject("training")
        .put("max_train_steps", steps)
        .put("train_batch_size", 16)
        .put("learning_rate", 5e-4)
        .put("mixed_precision", "no")
        .put("seed", seed);
    return json;
  }

  private static Map<String, Painter> painters(ModelFolder before, Path run) {
    PipelineOptions options = PipelineOptions.standard();
    ModelFolder live = ModelFolder.open(run.resolve("model-live"));
    ModelBlend mean = ModelBlend.of(before, live);
    Map<String, Painter> painters = new LinkedHashMap<>();
    painters.put("before", new Painter(before, options));
    painters.put("live", new Painter(live, options));
    painters.put("EMA", new Painter(ModelFolder.open(run.resolve("model")), options));
    painters.put(
        "half and half",
        new Painter(mean.basis(), mean.applyTo(options, new BlendRules(0.5, List.of()))));
    return painters;
  }

  private Image sheet(Map<String, Painter> painters, Progress progress, Interruption interruption) {
    List<List<Image>> columns = new ArrayList<>();
    for (Painter painter : painters.values()) {
      columns.add(painter.paint(request(PROMPTS), progress, interruption));
    }
    return new PictureGrid(List.copyOf(painters.keySet()), PROMPTS, GAP).draw(columns);
  }

  private Verdicts judged(
      Map<String, Painter> painters, ClipModel clip, Progress progress, Interruption interruption) {
    TestSet set = TestSet.drawn(judged, 2 * judged, seed, SIDE);
    Map<String, Verdict> verdicts = new LinkedHashMap<>();
    try (Jury jury = new Jury(clip, Map.of(), set, seed)) {
      painters.forEach(
          (name, painter) -> {
            Jury.Hearing hearing = jury.hear();
            painter.paint(
                request(set.asked().stream().map(TestCase::prompt).toList()),
                new GenerationProgress(progress, interruption, one -> hearing.add(one.image())));
            verdicts.put(name, hearing.verdict());
          });
      return new Verdicts(verdicts, jury.compared());
    }
  }

  /** Whether creatures that were not learned from are painted as creatures are. */
  private String style(
      Map<String, Painter> painters, ClipModel clip, Progress progress, Interruption interruption) {
    List<Drawing> creatures = drawings(Drawing.Kind.CREATURES, seed + 1L, judged);
    List<Drawing> things = drawings(Drawing.Kind.WORLD, seed + 1L, judged);
    List<String> captions = creatures.stream().map(drawing -> drawing.captions().get(0)).toList();
    StyleJudge judge = new StyleJudge(clip, images(creatures), images(things));
    List<String> shares = new ArrayList<>();
    painters.forEach(
        (name, painter) -> {
          Estimate share = judge.share(painter.paint(request(captions), progress, interruption));
          shares.add("%s %.0f %%".formatted(name, 100 * share.value()));
        });
    return STYLE + " " + String.join(", ", shares) + ".";
  }

  private static List<Drawing> drawings(Drawing.Kind kind, long seed, int count) {
    return IntStream.range(0, count).mapToObj(i -> Drawing.of(kind, seed, i, SIDE)).toList();
  }

  private static List<Image> images(List<Drawing> drawings) {
    return drawings.stream().map(Drawing::image).toList();
  }

  private GenerationRequest request(List<String> prompts) {
    return GenerationRequest.of(prompts).withSeed(seed);
  }
}
