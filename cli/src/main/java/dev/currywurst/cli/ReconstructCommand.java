package dev.currywurst.cli;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.DecodingRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.pipeline.StageCLatents;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code currywurst reconstruct}: a picture through the latent and back. */
@Command(
    name = "reconstruct",
    header = "Encodes a picture to a Stage C latent and paints it again from that.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst reconstruct photo.jpg -o again.png",
      "  currywurst reconstruct photo.jpg --save-latents photo.safetensors -o again.png",
      "  currywurst reconstruct photo.safetensors --seed 3 --decoder-steps 20 -o other.png",
      "",
      "The latent has 1/42 of the picture's sides: what comes back is what a model keeps of it."
    })
final class ReconstructCommand implements Callable<Integer> {
  private static final String LATENTS_ENDING = ".safetensors";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "IMAGE",
      description = "PNG, JPEG, WebP, GIF or BMP; or latents that --save-latents wrote.")
  private Path image = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR|owner/name",
      defaultValue = ModelOptions.DEFAULT,
      description = "A model with Stages B and A. Default: ${DEFAULT-VALUE}")
  private String model = ModelOptions.DEFAULT;

  @Option(
      names = "--image-encoder",
      paramLabel = "DIR|owner/name",
      description = "Default: the model's own, or the published one where it has none.")
  private @Nullable String imageEncoder;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What the picture shows; Stage B can use it. Default: nothing.")
  private String prompt = "";

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of Stage B's noise. Default: ${DEFAULT-VALUE}")
  private long seed;

  @Mixin private DecoderOptions decoder = new DecoderOptions();

  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Option(
      names = "-o",
      paramLabel = "FILE.png",
      description = "Default: NAME.reconstructed.png in the current folder.")
  private @Nullable Path output;

  @Option(
      names = "--save-latents",
      paramLabel = "FILE.safetensors",
      description = "Also the latent between.")
  private @Nullable Path savedLatents;

  @Option(names = "--force", description = "Replace files that are there already.")
  private boolean force;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter out = spec.commandLine().getOut();
    Path file = target();
    OutputFile.checked(savedLatents == null ? List.of(file) : List.of(file, savedLatents), force);
    DecodingRequest request =
        DecodingRequest.standard()
            .withPrompt(prompt)
            .withSeed(seed)
            .withSteps(decoder.steps())
            .withGuidance(decoder.guidance());
    if (!Files.isRegularFile(image)) {
      throw new CurrywurstException("There is no file " + image + "; name a picture or latents.");
    }
    boolean isPicture = !image.toString().toLowerCase(Locale.ROOT).endsWith(LATENTS_ENDING);
    if (!isPicture && imageEncoder != null) {
      throw new CurrywurstException(
          "--image-encoder is for pictures, and %s holds latents; leave it out.".formatted(image));
    }
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      Downloads downloads = new Downloads(progress, interruption);
      GenerationProgress listener = new GenerationProgress(progress, interruption);
      Image original = isPicture ? ImageDecoder.DEFAULT.read(image, Rgb.WHITE) : null;
      ModelFolder folder = find(downloads, isPicture);
      try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(folder, compute.apply())) {
        StageCLatents latents =
            original == null ? StageCLatents.load(image) : pipeline.encode(original);
        if (savedLatents != null) {
          latents.save(savedLatents, Map.of());
          out.println(savedLatents);
        }
        Image painted = pipeline.decode(latents, request, listener);
        Png.write(original == null ? painted : ofSize(original, painted), file);
        out.println(file);
      }
    }
    return 0;
  }

  private ModelFolder find(Downloads downloads, boolean withEncoder) {
    ModelLocator locator = ModelLocator.standard(downloads);
    // Not find(): Stage C, the largest part, is not needed.
    ModelFolder found = locator.locate(model);
    if (!withEncoder) {
      return found;
    }
    return imageEncoder == null
        ? locator.withImageEncoder(found)
        : locator.withImageEncoder(found, imageEncoder);
  }

  /** The pipeline enlarges pictures to a size that the model knows; this takes that back. */
  private static Image ofSize(Image original, Image painted) {
    return Resize.resize(painted, original.width(), original.height(), Resize.Filter.BICUBIC);
  }

  private Path target() {
    if (output != null) {
      return output;
    }
    Path name = image.getFileName();
    return PictureNames.beside(
        Path.of(name == null ? "picture" : name.toString()), "reconstructed.png");
  }
}
