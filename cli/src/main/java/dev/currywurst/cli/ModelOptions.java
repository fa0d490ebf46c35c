package dev.currywurst.cli;

import dev.currywurst.hub.DownloadListener;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.pocket.PocketModel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that name a whole model, or its two halves. */
final class ModelOptions {
  /** Used where no model is named: it needs no download. */
  static final String DEFAULT = PocketModel.NAME;

  @Option(
      names = "--model",
      paramLabel = "DIR|owner/name",
      description =
          "A model folder, a model on the Hugging Face hub such as warp-ai/wuerstchen, which is"
              + " downloaded once, or the bundled one, "
              + DEFAULT
              + ". That is the default.")
  private @Nullable String model;

  @ArgGroup(exclusive = false, multiplicity = "0..1")
  private @Nullable Halves halves;

  private static final class Halves {
    @Option(
        names = "--prior",
        paramLabel = "DIR|owner/name",
        required = true,
        description = "A model that paints a small latent from text: its Stage C counts.")
    private String prior = "";

    @Option(
        names = "--decoder",
        paramLabel = "DIR|owner/name",
        required = true,
        description = "A model that turns it into a picture: its Stages B and A count.")
    private String decoder = "";
  }

  /** Finds the model, downloading what the cache lacks. */
  ModelFolder find(DownloadListener listener) {
    ModelLocator locator = ModelLocator.standard(listener);
    return halves == null
        ? locator.find(model == null ? DEFAULT : model)
        : locator.find(halves.prior, halves.decoder);
  }

  /** What a picture's metadata calls the model: names, not the paths of this machine. */
  String name() {
    return halves == null
        ? shortened(model == null ? DEFAULT : model)
        : shortened(halves.prior) + " + " + shortened(halves.decoder);
  }

  /** A name, or a folder's last part. */
  static String shortened(String nameOrFolder) {
    Path path = Path.of(nameOrFolder).normalize();
    boolean isName = !path.isAbsolute() && path.getNameCount() == 2 && !path.toFile().exists();
    Path last = path.toAbsolutePath().normalize().getFileName();
    return isName || last == null ? nameOrFolder : last.toString();
  }
}
