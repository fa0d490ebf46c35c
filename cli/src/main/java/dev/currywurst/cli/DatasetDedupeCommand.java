package dev.currywurst.cli;

import dev.currywurst.clip.ClipModel;
import dev.currywurst.hub.Hub;
import dev.currywurst.image.Png;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.train.dataset.ClusterReport;
import dev.currywurst.train.dataset.EmbeddingMeasure;
import dev.currywurst.train.dataset.Measure;
import dev.currywurst.train.dataset.PictureEmbedder;
import dev.currywurst.train.dataset.Policy;
import dev.currywurst.train.dataset.Survey;
import dev.currywurst.train.dataset.ThinnedDataset;
import dev.currywurst.train.source.Location;
import dev.currywurst.weights.ConfigFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst dataset dedupe}: pictures that are nearly the same. */
@Command(
    name = "dedupe",
    header = "Finds pictures that are nearly the same, and thins them out.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst dataset dedupe pictures",
      "  currywurst dataset dedupe pictures --keep one --output pictures-once",
      "  currywurst dataset dedupe pictures --cap 3 --output pictures-capped",
      "  currywurst dataset dedupe pictures --weight --output pictures-weighted",
      "",
      "What a training set shows twenty times, a model draws unasked. Pictures are one cluster if",
      "their files or pixels are equal, or if they look alike apart from colour: the same"
          + " silhouette",
      "on its ground with similar light and dark in it, or, where a silhouette tells nothing"
          + " (balls,",
      "photographs), nearly the same light and dark.",
      "",
      "Nothing is ever deleted: --output makes a new folder, or a new list of the old folder's",
      "pictures (*.jsonl). Beside it are written ...-clusters.json and ...-clusters.png, which"
          + " show",
      "what was found. Of a cluster the largest picture is kept first, then the first of the"
          + " folder."
    })
final class DatasetDedupeCommand implements Callable<Integer> {
  private static final String LIST = ".jsonl";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private DatasetOptions dataset = new DatasetOptions();

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private @Nullable Keeping keeping;

  private static final class Keeping {
    @Option(
        names = "--keep",
        paramLabel = "one",
        description = "Keep one picture of each cluster; the default.")
    private @Nullable String keep;

    @Option(names = "--cap", paramLabel = "K", description = "Keep up to K of each cluster.")
    private @Nullable Integer cap;

    @Option(
        names = "--weight",
        description =
            "Keep all, with a column weight of 1 over the cluster's size: training then draws a"
                + " cluster as often as a single picture. Weights that are there stay in proportion,"
                + " and add up to 1 at most in a cluster.")
    private boolean weight;

    Policy policy() {
      if (keep != null && !keep.equals("one")) {
        throw new CurrywurstException("--keep takes one, not " + keep + "; for more, --cap K.");
      }
      if (cap != null && cap < 1) {
        throw new CurrywurstException("--cap " + cap + " would keep nothing; give 1 or more.");
      }
      return weight ? Policy.WEIGHT : cap == null ? Policy.KEEP_ONE : Policy.cap(cap);
    }
  }

  @Option(
      names = "--threshold",
      paramLabel = "X",
      defaultValue = "0.92",
      description =
          "How alike two pictures must look, up to 1; 2 joins equal pictures alone."
              + " Default: ${DEFAULT-VALUE}")
  private double threshold;

  @Option(
      names = "--embedding",
      paramLabel = "DIR|owner/name",
      description =
          "Also join pictures in which a CLIP sees nearly the same, such as"
              + " openai/clip-vit-base-patch32.")
  private @Nullable String embedding;

  @Option(
      names = "--embedding-threshold",
      paramLabel = "X",
      defaultValue = "0.97",
      description = "The cosine from which on it does. Default: ${DEFAULT-VALUE}")
  private double embeddingThreshold;

  @Option(
      names = "--output",
      paramLabel = "DIR|FILE.jsonl",
      description = "A new folder or, for a folder, a new list in it. Default: only tell.")
  private @Nullable Path output;

  @Option(
      names = "--copy",
      description =
          "Copy pictures to the new folder. By default those that are files are hard links, which"
              + " take no room: to change the one is to change the other.")
  private boolean copy;

  @Option(names = "--json", description = "Print all clusters as JSON.")
  private boolean json;

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Policy policy = keeping == null ? Policy.KEEP_ONE : keeping.policy();
    requireSense();
    requireRoom();
    ClusterReport report;
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      Survey survey = dataset.survey(progress);
      interruption.check("Interrupted before anything was written.");
      List<Measure> more =
          embedding == null ? List.of() : List.of(measure(survey, progress, interruption));
      report = ClusterReport.of(survey, policy, threshold, more);
      interruption.check("Interrupted before anything was written.");
    }
    if (output != null) {
      write(report, output);
    }
    out.println(json ? report.json().toPrettyString() : report.text());
    return 0;
  }

  private Measure measure(Survey survey, Progress progress, Interruption interruption) {
    Downloads downloads = new Downloads(progress, interruption);
    String name = Objects.requireNonNull(embedding);
    try (ClipModel clip = ClipModel.find(name, Hub.standard(System.getenv()), downloads)) {
      PictureEmbedder embedder =
          picture -> {
            interruption.check("Interrupted before anything was written.");
            return Grad.off(
                () -> {
                  try (Scope scope = Scope.open()) {
                    return clip.embedImages(List.of(picture)).toFloats();
                  }
                });
          };
      return EmbeddingMeasure.of(
          survey,
          dataset.decoder(),
          embedder,
          embeddingThreshold,
          DatasetOptions.counting(progress, "Embeddings", survey.pictures().size()));
    }
  }

  private void requireSense() {
    if (copy && (output == null || isList(output))) {
      throw new CurrywurstException(
          "--copy would do nothing without a new folder: give its name as --output.");
    }
    if (embedding == null
        && spec.commandLine().getParseResult().hasMatchedOption("--embedding-threshold")) {
      throw new CurrywurstException(
          "--embedding-threshold would do nothing without --embedding, which names a CLIP.");
    }
  }

  /** Before minutes of work. */
  private void requireRoom() {
    if (output == null) {
      return;
    }
    if (isList(output)) {
      OutputFile.checked(output, false);
      if (!(dataset.location() instanceof Location.Folder folder)) {
        throw new CurrywurstException(
            "A list cannot name pictures within %s; give a new folder as --output."
                .formatted(dataset.data()));
      }
      if (!isBeside(output, folder.path())) {
        throw new CurrywurstException(
            "%s must lie in %s, since it names its pictures.".formatted(output, folder.path()));
      }
      return;
    }
    if (Files.exists(output)) {
      throw new CurrywurstException(output + " is there already; choose another name.");
    }
    dataset.requireOutside(output);
    OutputFile.parent(output);
  }

  private static boolean isBeside(Path file, Path folder) {
    return folder
        .toAbsolutePath()
        .normalize()
        .equals(file.toAbsolutePath().normalize().getParent());
  }

  private static boolean isList(Path path) {
    return path.toString().endsWith(LIST);
  }

  private void write(ClusterReport report, Path target) {
    ThinnedDataset thinned = report.thinned();
    if (isList(target)) {
      thinned.writeMetadata(target);
    } else {
      thinned.writeFolder(target, copy);
    }
    String name = String.valueOf(target.getFileName());
    String stem = isList(target) ? name.substring(0, name.length() - LIST.length()) : name;
    ConfigFile.write(target.resolveSibling(stem + "-clusters.json"), report.json());
    if (!report.isEmpty()) {
      // Hidden in a folder of pictures, where it would be taken for one of them.
      String sheet = (isList(target) ? "." : "") + stem + "-clusters.png";
      Png.write(report.sheet(dataset.decoder()), target.resolveSibling(sheet));
    }
  }
}
