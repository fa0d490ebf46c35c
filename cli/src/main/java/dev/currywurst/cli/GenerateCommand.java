package dev.currywurst.cli;

import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.GenerationParameters;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Resize;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.GenerationStep;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.Stage;
import dev.currywurst.pipeline.WuerstchenPipeline;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst generate}: pictures from prompts. */
@Command(
    name = "generate",
    header = "Paints pictures from prompts.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst generate \"a red fox in the snow\" -o fox.png",
      "  currywurst generate \"a red fox\" \"a blue one\" --images-per-prompt 4 --output-dir foxes",
      "  currywurst generate \"a castle\" --model my-model --width 1024 --height 768 --steps 20",
      "  currywurst generate \"a castle\" --lora style.safetensors:0.8 --lora dragons.safetensors",
      "  currywurst generate \"a castle\" --seed 7 --guidance 6 --negative-prompt \"fog, people\"",
      "",
      "Picture k of a call has seed S + k, so that it can be made again alone. Every file tells its",
      "prompt and settings in the text that galleries read. The names of the files are printed."
    })
final class GenerateCommand implements Callable<Integer> {
  /** Random seeds stay short enough to be typed again. */
  private static final long SEEDS = 1L << 32;

  private static final String PREVIEW = "preview.png";
  private static final String LATENTS = "latents.safetensors";
  private static final int PREVIEW_SCALE = 16;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "PROMPT",
      arity = "1..*",
      description = "What to paint; each prompt in quotes.")
  private List<String> prompts = List.of();

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private ModelOptions model = new ModelOptions();

  @Mixin private LoraOptions loras = new LoraOptions();

  @Option(
      names = "--negative-prompt",
      paramLabel = "TEXT",
      description = "What the pictures should not be: once for all prompts, or once for each.")
  private List<String> negativePrompts = List.of();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the first picture. Default: random.")
  private @Nullable Long seed;

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private Levels levels = new Levels();

  private static final class Levels {
    @Option(
        names = "--steps",
        paramLabel = "N",
        description = "Equal steps of Stage C. Default: the recommended list of 29 unequal ones.")
    private @Nullable Integer steps;

    @Option(
        names = "--timesteps",
        paramLabel = "LIST",
        description = "Its noise levels instead, falling from 1 to 0: 1.0,0.8,0.5,0.2,0.0")
    private @Nullable String timesteps;

    Timesteps chosen(Timesteps standard) {
      if (steps != null) {
        return Timesteps.evenlySpaced(steps);
      }
      return timesteps == null ? standard : Timesteps.parse(timesteps);
    }
  }

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = "--images-per-prompt",
      paramLabel = "N",
      defaultValue = "1",
      description = "Pictures of each prompt. Default: ${DEFAULT-VALUE}")
  private int imagesPerPrompt;

  @Mixin private ComputeOptions compute = new ComputeOptions();

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private Target target = new Target();

  private static final class Target {
    @Option(names = "-o", paramLabel = "FILE.png", description = "The file of a single picture.")
    private @Nullable Path file;

    @Option(
        names = "--output-dir",
        paramLabel = "DIR",
        description = "Folder for SEED-PROMPT.png. Default: the current one.")
    private @Nullable Path folder;
  }

  @Option(names = "--force", description = "Replace files that are there already.")
  private boolean force;

  @Option(
      names = "--sheet",
      paramLabel = "FILE.png",
      description = "Also all pictures on one, smaller if they are many.")
  private @Nullable Path sheetFile;

  @Option(
      names = "--preview",
      description = "Show in NAME.preview.png, after each step of Stage C, where it leads to.")
  private boolean preview;

  @Option(
      names = "--save-latents",
      description = "Also NAME.latents.safetensors with what Stage C ended with, for reconstruct.")
  private boolean saveLatents;

  @Option(names = "--no-metadata", description = "Leave prompt and settings out of the files.")
  private boolean noMetadata;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    GenerationRequest request = request();
    List<Path> files = files(request);
    PipelineOptions options = loras.applyTo(compute.apply());
    if (prompts.size() > 1 && prompts.stream().noneMatch(prompt -> prompt.contains(" "))) {
      err.println(
          "These are %d prompts of one word; put a prompt of several words in quotes."
              .formatted(prompts.size()));
    }
    long begin = System.nanoTime();
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      ModelFolder folder = model.find(new Downloads(progress, interruption));
      try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(folder, options)) {
        Gallery gallery = new Gallery(request, files, pipeline, progress);
        try {
          pipeline.paint(
              request,
              new GenerationProgress(
                  progress, interruption, step -> preview(step, files), gallery::add));
        } finally {
          progress.close();
          gallery.tellIfUnfinished();
        }
        gallery.finish(Duration.ofNanos(System.nanoTime() - begin));
      }
    }
    return 0;
  }

  private GenerationRequest request() {
    return sampling.of(
        GenerationRequest.of(prompts)
            .withNegativePrompts(negativePrompts)
            .withImagesPerPrompt(imagesPerPrompt)
            .withSeed(seed == null ? ThreadLocalRandom.current().nextLong(SEEDS) : seed)
            .withTimesteps(levels.chosen(Timesteps.STAGE_C)));
  }

  /** A file for each picture, all of them writable as far as can be told. */
  private List<Path> files(GenerationRequest request) {
    List<Path> files = new ArrayList<>();
    if (target.file == null) {
      Path folder = target.folder == null ? Path.of("") : target.folder;
      PictureNames names = new PictureNames(OutputFile.folder(folder), force);
      for (int k = 0; k < request.pictures(); k++) {
        // A name that is free, but for --force, which replaces files and no folders.
        files.add(names.next(request.seed(k), request.prompt(k)));
      }
    } else if (request.pictures() == 1) {
      files.add(target.file);
    } else {
      throw new ParameterException(
          spec.commandLine(),
          "-o names one file, and this paints %d pictures; use --output-dir."
              .formatted(request.pictures()));
    }
    List<Path> all = new ArrayList<>(files);
    for (Path file : files) {
      if (saveLatents) {
        all.add(PictureNames.beside(file, LATENTS));
      }
      if (preview) {
        all.add(PictureNames.beside(file, PREVIEW));
      }
    }
    if (sheetFile != null) {
      all.add(sheetFile);
    }
    OutputFile.checked(all, force);
    return files;
  }

  private void preview(GenerationStep step, List<Path> files) {
    if (!preview || step.stage() != Stage.C) {
      return;
    }
    List<Image> previews = step.previews();
    for (int i = 0; i < previews.size(); i++) {
      Image small = previews.get(i);
      Image large =
          Resize.resize(
              small,
              PREVIEW_SCALE * small.width(),
              PREVIEW_SCALE * small.height(),
              Resize.Filter.BICUBIC);
      Png.write(large, PictureNames.beside(files.get(step.firstPicture() + i), PREVIEW));
    }
  }

  /** The pictures of a call, each written as it comes: what comes later cannot lose it. */
  private final class Gallery {
    private final GenerationRequest request;
    private final List<Path> files;
    private final WuerstchenPipeline pipeline;
    private final Progress progress;
    private final PrintWriter out = spec.commandLine().getOut();
    private final Optional<Sheet> sheet;
    private int written;
    private String size = "";

    Gallery(
        GenerationRequest request,
        List<Path> files,
        WuerstchenPipeline pipeline,
        Progress progress) {
      this.request = request;
      this.files = files;
      this.pipeline = pipeline;
      this.progress = progress;
      this.sheet = Optional.ofNullable(sheetFile).map(file -> new Sheet(file, request.pictures()));
    }

    void add(GeneratedImage picture) {
      List<Path> saved = save(picture, files.get(picture.index()));
      progress.makeRoom(() -> saved.forEach(out::println));
      sheet.ifPresent(all -> all.add(picture));
      size = picture.image().width() + "x" + picture.image().height();
      written++;
    }

    /** Writes a picture and what belongs to it; gives the files' names. */
    private List<Path> save(GeneratedImage picture, Path file) {
      String parameters =
          PictureText.of(request, picture, model.name(), loras.described(), pipeline).format();
      Map<String, String> text =
          noMetadata ? Map.of() : Map.of(GenerationParameters.KEYWORD, parameters);
      Png.write(picture.image(), text, file);
      if (!saveLatents) {
        return List.of(file);
      }
      Path latents = PictureNames.beside(file, LATENTS);
      picture.latents().save(latents, text);
      return List.of(file, latents);
    }

    /** For a call that ends early: what it leaves. */
    void tellIfUnfinished() {
      if (written > 0 && written < request.pictures()) {
        progress.say(
            "%d of %d pictures are finished and written.".formatted(written, request.pictures()));
      }
    }

    void finish(Duration time) {
      sheet.ifPresent(all -> out.println(all.write()));
      progress.say(
          "%d %s of %s in %s, seed %d%s"
              .formatted(
                  written,
                  written == 1 ? "picture" : "pictures",
                  size,
                  Progress.clock(time),
                  request.seed(),
                  written == 1 ? "" : " to " + request.seed(written - 1)));
    }
  }
}
