package dev.currywurst.cli;

import static dev.currywurst.cli.FinetuneKnobs.part;
import static dev.currywurst.cli.FinetuneKnobs.put;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.hub.DownloadListener;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.ClassPictures;
import dev.currywurst.train.FineTuning;
import dev.currywurst.train.Repetition;
import dev.currywurst.train.Resume;
import dev.currywurst.train.Start;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.stage.RunConfig;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code currywurst finetune}: a model's Stage C on captioned pictures. */
@Command(
    name = "finetune",
    header = "Fine-tunes a model on a folder of captioned pictures.",
    sortOptions = false,
    sortSynopsis = false,
    abbreviateSynopsis = true,
    preprocessor = DiffusersSpelling.class,
    footer = {
      "",
      "Examples:",
      "  currywurst finetune --model pocket --data creatures --output tuned",
      "  currywurst finetune --model warp-ai/wuerstchen --data pictures --output tuned --train"
          + " attention",
      "",
      "Stage C is trained, which paints from text; all other parts stay as they are. The defaults",
      "are those of two recipes that worked: objective, rate and batch of the Würstchen that"
          + " learned",
      "to paint Pokémon (1e-4, 8 pictures a step, 48 times through them), and the average of the",
      "Stable Diffusion that learned it without forgetting the rest (22 %% of the base is left in"
          + " it).",
      "DIR/model has that average, DIR/model-live the weights without it.",
      "",
      "Options are those of diffusers' train_text_to_image_prior.py where they mean the same, and"
          + " may",
      "be spelled with underscores as there. All can stand in --config instead, by the same names.",
      "",
      "The same command goes on where a run ended, be it by Ctrl-C (which waits for the step and a",
      "checkpoint; a second one does not) or by a crash."
    })
final class FinetuneCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {
        "--model",
        "--pretrained-prior-model-name-or-path",
        "--pretrained-model-name-or-path"
      },
      paramLabel = "DIR|NAME",
      required = true,
      description = "A model folder, or a model on the Hugging Face hub.")
  private String model = "";

  @Option(
      names = {"--decoder", "--pretrained-decoder-model-name-or-path"},
      paramLabel = "DIR|NAME",
      description = "Stages B and A, in place of those of --model if it has any.")
  private @Nullable String decoder;

  @Option(
      names = {"--data", "--train-data-dir", "--dataset-name"},
      paramLabel = "DIR",
      required = true,
      description =
          "Folder of pictures, captioned by metadata.jsonl or by a .txt of the same name.")
  private Path data = Path.of("");

  @Option(
      names = {"--output", "--output-dir"},
      paramLabel = "DIR",
      required = true,
      description = "Folder for checkpoints, evaluations and the model.")
  private Path output = Path.of("");

  @Option(
      names = "--train",
      paramLabel = "WHAT",
      split = ",",
      description =
          "all (the default), attention (keeps more of what the model knew, and takes on less), text"
              + " (the text tower), or weights by name: blocks.3.*, or /regex/. Several count together.")
  private @Nullable List<String> train;

  @Option(
      names = {"--steps", "--max-train-steps"},
      paramLabel = "N",
      description = "Default: 48 times through the pictures, from 200 to 15000 steps")
  private @Nullable Integer steps;

  @Option(
      names = {"--epochs", "--num-train-epochs"},
      paramLabel = "N",
      description = "Times through the pictures, in place of --steps.")
  private @Nullable Integer epochs;

  @Option(
      names = {"--batch-size", "--train-batch-size"},
      paramLabel = "N",
      description = "Pictures that go through the networks together. Default: 8")
  private @Nullable Integer batchSize;

  @Option(names = "--learning-rate", paramLabel = "X", description = "Default: 1e-4")
  private @Nullable Double learningRate;

  @Option(
      names = "--resolution",
      paramLabel = "N",
      description =
          "The pictures' sides in pixels. Default: the model's own. (diffusers' script counts what"
              + " the"
              + " image encoder sees, three quarters of them: its 768 is 1024 here.)")
  private @Nullable Integer resolution;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of everything random: the same seed, the same run. Default: 0")
  private @Nullable Integer seed;

  @Option(
      names = "--mixed-precision",
      paramLabel = "TYPE",
      description =
          "What products are computed in: no (float32), bf16, or auto (the default: bf16 where the"
              + " processor multiplies it natively). Weights and updates are float32.")
  private @Nullable String precision;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "JSON with objective, data, training and validation; options count before it.")
  private @Nullable Path config;

  @Option(
      names = {"--resume", "--resume-from-checkpoint"},
      paramLabel = "WHERE",
      arity = "0..1",
      fallbackValue = "latest",
      description =
          "latest (what --resume alone says), a step, or a checkpoint's folder. Without it a run goes"
              + " on from its newest checkpoint if there is one.")
  private @Nullable String resume;

  @Option(
      names = RepeatedCommand.REPEAT,
      paramLabel = "DIR",
      description = {
        "Runs the training of this --output once more, into --output (default: DIR-again), after",
        "checking that pictures, model and settings are still the same. Needs no other option."
      })
  private @Nullable Path repeat;

  @Option(
      names = "--estimate",
      description =
          "Only tell what memory, time and energy the training would take, after practising four"
              + " steps; nothing is kept.")
  private boolean estimate;

  @Mixin private PowerOptions power = new PowerOptions();

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Mixin private FinetuneKnobs knobs = new FinetuneKnobs();

  @Override
  public Integer call() {
    check();
    return estimate ? run() : OutputFile.into(output, this::run);
  }

  private int run() {
    ConfigFile settings = settings();
    threads.apply();
    PrintWriter err = spec.commandLine().getErr();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      ModelFolder basis = basis(new Downloads(progress, interruption));
      if (estimate) {
        estimate(basis, settings, progress);
        return 0;
      }
      FineTuning tuning = FineTuning.plan(basis, data, output, settings);
      progress.say(tuning.notice());
      memory(tuning).ifPresent(progress::say);
      GenerationListener painting = new GenerationProgress(progress, interruption);
      try (TrainingRun run = TrainingRun.open(tuning.request(), start(), painting)) {
        interruption.check("Interrupted before the first step.");
        interruption.whenRequested(run::stop);
        TrainingProgress listener = new TrainingProgress("finetune", tuning.steps(), progress);
        Path result = run.train(listener).orElseThrow(listener::interrupted);
        comparison(run, tuning.steps()).ifPresent(progress::say);
        progress.say(run.energy().sentence());
        progress.close();
        spec.commandLine().getOut().println(result);
      }
    }
    return 0;
  }

  /** Practises in a folder that goes again. */
  private void estimate(ModelFolder basis, ConfigFile settings, Progress progress) {
    try (TemporaryFolder place = TemporaryFolder.create()) {
      FineTuning tuning = FineTuning.plan(basis, data, place.path(), settings);
      progress.say(tuning.notice());
      if (tuning.classPictures().map(ClassPictures::missing).orElse(0) > 0) {
        throw new CurrywurstException(
            "Class pictures are painted before the first step, which --estimate does not do; leave --class-prompt out and reckon with twice the time, or give a --class-data-dir that has them.");
      }
      TrainingRun.Rehearsal rehearsal;
      try (TrainingRun run = TrainingRun.open(tuning.request())) {
        progress.say("Practising a few steps.");
        rehearsal = run.rehearse();
      }
      progress.close();
      PrintWriter out = spec.commandLine().getOut();
      memory(tuning).ifPresent(out::println);
      out.println(rehearsal.time().sentence() + " Evaluations and checkpoints are not in it.");
      out.println(rehearsal.energy().sentence());
    }
  }

  /** What it will take, and a warning where this machine does not have it. */
  private static Optional<String> memory(FineTuning tuning) {
    return TrainingRun.memory(tuning.request())
        .map(
            need ->
                Machine.here()
                    .memory()
                    .filter(has -> has.available() < need.total())
                    .map(
                        has ->
                            "%s Only %s are free here: train less (--train attention, --lora-rank), in smaller batches, or with --gradient-checkpointing."
                                .formatted(need.sentence(), Quantity.bytes(has.available())))
                    .orElse(need.sentence()));
  }

  private Start start() {
    Optional<Repetition> again = Optional.ofNullable(repeat).map(Repetition::of);
    return new Start(
        resume == null ? new Resume.IfBegun() : Resume.parse(resume, output),
        again.map(Repetition::command).orElseGet(() -> RepeatedCommand.kept(spec)),
        again);
  }

  /** What would otherwise come to light after the model is read. */
  private void check() {
    Dataset.requireThere(data);
    if (config != null && !Files.isRegularFile(config)) {
      throw new CurrywurstException(
          "There is no file " + config + "; give a configuration, or leave --config out.");
    }
  }

  /** The model that is fine-tuned. */
  ModelFolder basis(DownloadListener downloads) {
    ModelLocator locator = ModelLocator.standard(downloads);
    return locator.withImageEncoder(
        decoder == null ? locator.find(model) : locator.find(model, decoder));
  }

  /** A command of another run, to find its model as it found it: {@link #basis}. */
  static FinetuneCommand parsed(List<String> command) {
    List<String> words = new ArrayList<>(List.of("finetune"));
    words.addAll(command);
    words.addAll(List.of("--output", "none"));
    CommandLine line = Main.commandLine();
    try {
      line.parseArgs(words.toArray(String[]::new));
    } catch (ParameterException e) {
      throw new CurrywurstException("its command is not understood: " + e.getMessage(), e);
    }
    return line.getSubcommands().get("finetune").getCommand();
  }

  /** Its model as it was given, in one or two parts. */
  List<String> modelNames() {
    return decoder == null ? List.of(model) : List.of(model, decoder);
  }

  /** The file's settings with those of the command line in their place. */
  private ConfigFile settings() {
    ConfigFile file =
        config == null
            ? ConfigFile.of("the command line", ConfigFile.newObject())
            : ConfigFile.read(config);
    RunConfig run = new RunConfig(file, StageName.STAGE_C);
    ObjectNode json = ConfigFile.newObject();
    file.names().forEach(name -> json.set(name, file.node(name).deepCopy()));
    ObjectNode own = json.withObject("/" + StageName.STAGE_C.key());
    for (String name : List.of("objective", "training", "data", "validation")) {
      ConfigFile written = run.part(name);
      ObjectNode part = ConfigFile.newObject();
      written.names().forEach(key -> part.set(key, written.node(key)));
      own.set(name, part);
    }
    ObjectNode training = part(own, "training");
    put(training, "max_train_steps", steps);
    put(training, "num_train_epochs", epochs);
    put(training, "train_batch_size", batchSize);
    put(training, "learning_rate", learningRate);
    put(training, "seed", seed);
    put(training, "mixed_precision", precision);
    power.into(training);
    put(part(own, "data"), "resolution", resolution);
    put(part(own, "objective"), "train", train);
    knobs.into(own);
    return ConfigFile.of(file.origin(), json);
  }

  /** What the run did for pictures that it did not see. */
  private static Optional<String> comparison(TrainingRun run, long steps) {
    OptionalDouble before = run.heldOut(0, "loss");
    OptionalDouble after = run.heldOut(steps, "loss");
    if (before.isEmpty() || after.isEmpty()) {
      return Optional.empty();
    }
    OptionalDouble live = run.heldOut(steps, "live_loss");
    return Optional.of(
        String.format(
            Locale.ROOT,
            "Held-out loss: %.4g before, %.4g after%s.",
            before.getAsDouble(),
            after.getAsDouble(),
            live.isPresent()
                ? String.format(Locale.ROOT, " (%.4g without the average)", live.getAsDouble())
                : ""));
  }
}
