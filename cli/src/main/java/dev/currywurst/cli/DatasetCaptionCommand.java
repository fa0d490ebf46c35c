package dev.currywurst.cli;

import dev.currywurst.blip.BlipCaptioner;
import dev.currywurst.blip.CaptionSearch;
import dev.currywurst.hub.Hub;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.dataset.CaptionRun;
import dev.currywurst.train.dataset.Captioner;
import dev.currywurst.train.dataset.ChatCaptioner;
import dev.currywurst.train.dataset.Inventory;
import dev.currywurst.train.dataset.NewFolder;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code currywurst dataset caption}: captions for pictures that have none. */
@Command(
    name = "caption",
    header = "Writes captions for pictures that have none.",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst dataset caption pictures",
      "  currywurst dataset caption pictures --prompt \"a drawing of\" --limit 5",
      "  currywurst dataset caption pictures --captioner http://localhost:8080 --parallel 4",
      "  currywurst dataset caption 'shards/{000..099}.tar' --output captioned",
      "  currywurst dataset caption pictures --captioner https://api.openai.com \\",
      "      --captioner-model gpt-4o-mini --api-key-variable OPENAI_API_KEY --rate 60",
      "",
      "Each caption is on the disk before the next picture is asked about. A run that ends early,"
          + " by",
      "Ctrl-C or by the server, loses none; the same command goes on with the rest."
    })
final class DatasetCaptionCommand implements Callable<Integer> {
  private static final String BLIP = "blip";
  private static final String QUESTION =
      "Describe this picture in one short sentence for training a text-to-image model: what it"
          + " shows, its colours and its style. Answer with the sentence alone.";
  private static final int SHOWN_FAILURES = 5;
  private static final List<String> FOR_BLIP = List.of("--model", "--beams", "--threads");
  private static final List<String> FOR_A_SERVER =
      List.of(
          "--captioner-model",
          "--api-key-variable",
          "--parallel",
          "--rate",
          "--retries",
          "--timeout",
          "--largest-side");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private DatasetOptions dataset = new DatasetOptions();

  @Option(
      names = "--captioner",
      paramLabel = "blip|URL",
      defaultValue = BLIP,
      description =
          "A BLIP network on this machine, or a server that speaks OpenAI's chat format with"
              + " pictures (llama.cpp, vLLM, Ollama, OpenAI). Default: ${DEFAULT-VALUE}")
  private String captioner = BLIP;

  @Option(
      names = "--model",
      paramLabel = "DIR|owner/name",
      defaultValue = BlipCaptioner.PUBLISHED,
      description = "The BLIP; downloaded once. Default: ${DEFAULT-VALUE}")
  private String model = BlipCaptioner.PUBLISHED;

  @Option(
      names = "--captioner-model",
      paramLabel = "NAME",
      defaultValue = "",
      description = "What the server calls its model; many need none.")
  private String captionerModel = "";

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description =
          "For BLIP the words that captions begin with, for a server what it is asked. Default:"
              + " none, and a question for one short sentence.")
  private @Nullable String prompt;

  @Option(
      names = "--beams",
      paramLabel = "N",
      defaultValue = "3",
      description = "Captions that BLIP weighs side by side. Default: ${DEFAULT-VALUE}")
  private int beams;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "The longest caption. Default: 20 for BLIP, 300 for a server.")
  private @Nullable Integer maxTokens;

  @Option(
      names = "--api-key-variable",
      paramLabel = "NAME",
      description = "The environment variable that holds the server's key.")
  private @Nullable String keyVariable;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "1",
      description = "Pictures that the server is asked about at once. Default: ${DEFAULT-VALUE}")
  private int parallel;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "0",
      description = "At most so many requests a minute; 0 is no limit, the default.")
  private int rate;

  @Option(
      names = "--retries",
      paramLabel = "N",
      defaultValue = "5",
      description = "Repetitions of a request that failed. Default: ${DEFAULT-VALUE}")
  private int retries;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "How long an answer may take. Default: ${DEFAULT-VALUE}")
  private int timeout;

  @Option(
      names = "--largest-side",
      paramLabel = "PIXELS",
      defaultValue = "1024",
      description = "Reduce what is sent to the server to this. Default: ${DEFAULT-VALUE}")
  private int largestSide;

  @Option(
      names = "--format",
      paramLabel = "jsonl|txt",
      description =
          "metadata.jsonl, or a .txt beside each picture. Default: what the folder has, or"
              + " metadata.jsonl.")
  private @Nullable String format;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "A new folder with the pictures and a metadata.jsonl; needed where the captions of DATA"
              + " are in a table or an archive. Default: DATA itself.")
  private @Nullable Path output;

  @Option(
      names = "--overwrite",
      description = "Caption pictures that have captions, too, and replace these.")
  private boolean overwrite;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Caption so many pictures and no more, to see whether it works.")
  private @Nullable Integer limit;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(names = "--quiet", description = "No progress.")
  private boolean quiet;

  @Override
  public Integer call() {
    requireSense();
    boolean blip = captioner.equals(BLIP);
    Inventory inventory = output == null ? dataset.inventory() : laidOut(output);
    ImageFolder layout = output == null ? dataset.columns().folder() : ImageFolder.DEFAULT;
    CaptionRun.Options options =
        new CaptionRun.Options(
            overwrite,
            limit == null ? Integer.MAX_VALUE : limit,
            blip ? 1 : parallel,
            layout.imageColumn(),
            layout.captionColumn());
    CaptionRun run = CaptionRun.of(inventory, format(), options);
    PrintWriter err = spec.commandLine().getErr();
    CaptionRun.Result result;
    try (Interruption interruption = Interruption.watch(err);
        Progress progress = Progress.on(err, quiet)) {
      if (blip && !run.todo().isEmpty()) {
        threads.apply();
        Downloads downloads = new Downloads(progress, interruption);
        CaptionSearch search =
            new CaptionSearch(
                beams, maxTokens == null ? CaptionSearch.DEFAULT.maxTokens() : maxTokens, 1);
        try (BlipCaptioner network =
            BlipCaptioner.find(model, Hub.standard(System.getenv()), downloads)) {
          String beginning = prompt == null ? "" : prompt;
          result =
              run(run, image -> network.caption(image, beginning, search), progress, interruption);
        }
      } else {
        result = run(run, new ChatCaptioner(server()), progress, interruption);
      }
      progress.close();
      tell(result, run);
      interruption.check("Interrupted; the captions so far are kept, and the next run goes on.");
    }
    return result.failed().isEmpty() && result.end() == null ? 0 : Failures.TOLD;
  }

  /** The pictures in a folder of their own, or what an earlier run made of it. */
  private Inventory laidOut(Path folder) {
    Inventory inventory = dataset.inventory();
    CaptionRun.requireSound(inventory);
    dataset.requireOutside(folder);
    if (!NewFolder.holds(folder, inventory)) {
      OutputFile.parent(folder);
      NewFolder.write(folder, inventory, false);
    }
    return Inventory.of(folder);
  }

  private CaptionRun.Result run(
      CaptionRun run, Captioner with, Progress progress, Interruption interruption) {
    return run.run(
        with,
        dataset.decoder(),
        interruption::isRequested,
        DatasetOptions.counting(progress, "Captions", run.todo().size()));
  }

  private void tell(CaptionRun.Result result, CaptionRun run) {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    result.failed().entrySet().stream()
        .limit(SHOWN_FAILURES)
        .forEach(one -> err.println("No caption for " + one.getKey() + ": " + one.getValue()));
    if (result.failed().size() > SHOWN_FAILURES) {
      err.println("... and " + (result.failed().size() - SHOWN_FAILURES) + " more.");
    }
    if (result.end() != null) {
      err.println(Printed.plain(result.end()));
    }
    out.println(
        "%d of %d pictures without a caption have one now."
            .formatted(result.captioned(), run.todo().size()));
  }

  private CaptionRun.@Nullable Format format() {
    if (format == null) {
      return null;
    }
    return switch (format) {
      case "jsonl" -> CaptionRun.Format.JSONL;
      case "txt" -> CaptionRun.Format.TXT;
      default -> throw new CurrywurstException("--format is jsonl or txt, not " + format + ".");
    };
  }

  private void requireSense() {
    boolean blip = captioner.equals(BLIP);
    List<String> idle =
        (blip ? FOR_A_SERVER : FOR_BLIP)
            .stream().filter(spec.commandLine().getParseResult()::hasMatchedOption).toList();
    if (!idle.isEmpty()) {
      throw new CurrywurstException(
          String.join(", ", idle)
              + (blip
                  ? " would do nothing without a server: give its address as --captioner."
                  : " would do nothing, since a server captions; the name of its model is"
                      + " --captioner-model."));
    }
    if (beams < 1 || parallel < 1 || timeout < 1 || largestSide < 16) {
      throw new CurrywurstException(
          "--beams, --parallel and --timeout are at least 1, and --largest-side 16.");
    }
    if (rate < 0 || retries < 0 || (limit != null && limit < 1)) {
      throw new CurrywurstException(
          "--rate and --retries are not below 0, and --limit is at least 1.");
    }
    if (maxTokens != null && maxTokens < 1) {
      throw new CurrywurstException("--max-tokens is at least 1.");
    }
  }

  private ChatCaptioner.Settings server() {
    return new ChatCaptioner.Settings(
        captioner.equals(BLIP) ? URI.create("http://localhost") : address(),
        captionerModel,
        prompt == null ? QUESTION : prompt,
        key(),
        maxTokens == null ? 300 : maxTokens,
        largestSide,
        retries,
        rate,
        Duration.ofSeconds(timeout),
        Duration.ofSeconds(1));
  }

  private URI address() {
    try {
      return URI.create(captioner);
    } catch (IllegalArgumentException e) {
      throw new CurrywurstException(
          "--captioner is blip or the address of a server, not " + captioner + ".", e);
    }
  }

  private Optional<String> key() {
    if (keyVariable == null) {
      return Optional.empty();
    }
    String key = System.getenv(keyVariable);
    if (key == null || key.isBlank()) {
      throw new CurrywurstException(
          "The environment variable " + keyVariable + " holds no key; set it first.");
    }
    return Optional.of(key.strip());
  }
}
