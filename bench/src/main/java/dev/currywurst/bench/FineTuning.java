package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Times fine-tuning of Stage C on both sides, in turn. */
@Command(
    name = "finetune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Times steps of fine-tuning Stage C against the loop of diffusers'",
      "train_text_to_image_prior.py, in turn, on the same random weights and pictures.",
      "What was measured is kept in the scratch folder; bench/RESULTS.md gets a section of it."
    })
final class FineTuning implements Callable<Integer> {
  /**
   * What is trained.
   *
   * @param name of the size in {@code python/finetune.py}
   * @param depth blocks of Stage C
   * @param pixels side of the pictures
   * @param batch pictures a step
   * @param pictures in the set
   * @param steps of a turn
   */
  record Size(String name, int depth, int pixels, int batch, int pictures, int steps) {
    static Size of(String name, int depth, int batch) {
      return switch (name) {
        case "wide" -> new Size(name, depth > 0 ? depth : 4, 1024, batch > 0 ? batch : 1, 4, 1);
        case "pocket" -> new Size(name, depth > 0 ? depth : 8, 128, batch > 0 ? batch : 16, 64, 10);
        default -> throw new CurrywurstException("--size is wide or pocket, not \"" + name + "\".");
      };
    }

    String key() {
      return "%s-%d-%d-%d".formatted(name, depth, pixels, batch);
    }
  }

  @ParentCommand private @Nullable Bench bench;

  @Option(names = "--size", split = ",", description = "wide, pocket or both, the default.")
  private List<String> sizes = List.of("pocket", "wide");

  @Option(names = "--dtype", split = ",", description = "float32 and bfloat16 by default.")
  private List<String> dtypes = List.of("float32", "bfloat16");

  @Option(names = "--depth", description = "Blocks; 8 of pocket and 4 of wide by default.")
  private int depth;

  @Option(names = "--batch", description = "Pictures a step; 16 of pocket and 1 of wide.")
  private int batch;

  @Option(names = "--rounds", description = "Turns of each side; ${DEFAULT-VALUE} by default.")
  private int rounds = 5;

  @Option(names = "--side", description = "java or python alone; both by default.")
  private String only = "";

  @Option(names = "--profile", description = "One step of Currywurst, operation by operation.")
  private boolean profile;

  @Option(names = "--threads", description = "For both sides; all cores by default.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--python",
      description = "An interpreter with the packages of bench/python/requirements.txt.",
      defaultValue = "${env:CURRYWURST_BENCH_PYTHON}")
  private @Nullable Path python;

  @Option(names = "--scratch", description = "For weights and measurements.")
  private @Nullable Path scratch;

  @Option(names = "--fresh", description = "Forgets what was measured before.")
  private boolean fresh;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (bench == null) {
      throw new IllegalStateException("a command without its parent");
    }
    Path home = bench.home();
    Path folder = scratch != null ? scratch : home.resolve("target").resolve("scratch");
    Files.createDirectories(folder);
    Path interpreter = python != null ? python : Bench.makePython(home, folder);
    Path file = folder.resolve("measurements-finetune-%d.json".formatted(threads));
    ObjectNode all =
        Files.exists(file) && !fresh
            ? (ObjectNode) Side.JSON.readTree(file.toFile())
            : Side.JSON.createObjectNode();
    boolean complete = true;
    for (String name : sizes) {
      Size size = Size.of(name, depth, batch);
      Path model = model(home, interpreter, folder, size);
      for (String dtype : dtypes) {
        String key = size.key() + "-" + dtype;
        if (all.has(key)) {
          System.err.println(key + " was measured before");
          continue;
        }
        System.err.println(key + " ...");
        try {
          ObjectNode measured = measure(home, interpreter, model, size, dtype);
          System.err.println(measured);
          if (only.isEmpty()) {
            all.set(key, measured);
            ConfigFile.write(file, all);
          }
        } catch (CurrywurstException e) {
          // The other cases are still worth having; the same command measures this one again.
          System.err.println(key + ": " + e.getMessage());
          complete = false;
        }
      }
    }
    if (only.isEmpty() && !all.isEmpty()) {
      String section = new FineTuningReport(all, threads).toMarkdown();
      System.out.print(section);
      Path results = home.resolve("RESULTS.md");
      String before = Files.readString(results, StandardCharsets.UTF_8);
      Files.writeString(
          results, FineTuningReport.replaced(before, section), StandardCharsets.UTF_8);
    }
    return complete ? 0 : 1;
  }

  private static Path model(Path home, Path interpreter, Path folder, Size size)
      throws IOException, InterruptedException {
    Path model = folder.resolve("finetune-" + size.key());
    if (!Files.exists(model.resolve("complete"))) {
      System.err.println("Making random weights in " + model + " ...");
      List<String> command = new ArrayList<>();
      command.addAll(List.of(interpreter.toString(), script(home), "make", model.toString()));
      command.addAll(List.of("--size", size.name(), "--depth", Integer.toString(size.depth())));
      command.addAll(List.of("--pixels", Integer.toString(size.pixels())));
      command.addAll(List.of("--pictures", Integer.toString(size.pictures())));
      command.addAll(List.of("--tokenizer", Bench.tokenizer(home).toString()));
      Bench.shell(command);
    }
    return model;
  }

  private static String script(Path home) {
    return home.resolve("python").resolve("finetune.py").toString();
  }

  private ObjectNode measure(Path home, Path interpreter, Path model, Size size, String dtype)
      throws IOException {
    ObjectNode measured =
        Side.JSON
            .createObjectNode()
            .put("size", size.name())
            .put("depth", size.depth())
            .put("pixels", size.pixels())
            .put("batch", size.batch())
            .put("dtype", dtype);
    Path output = Files.createTempDirectory(model, "run");
    List<Turn> turns = new ArrayList<>();
    try {
      if (!only.equals("python")) {
        List<String> command = Duel.javaCommand(TrainingSide.class);
        turns.add(new Turn(Side.start("Currywurst", command), measured.putObject("java")));
      }
      if (!only.equals("java")) {
        List<String> command = List.of(interpreter.toString(), script(home));
        turns.add(new Turn(Side.start("diffusers", command), measured.putObject("python")));
      }
      ObjectNode load =
          Side.request("load")
              .put("model", model.toString())
              .put("size", size.name())
              .put("dtype", dtype)
              .put("pixels", size.pixels())
              .put("batch", size.batch())
              .put("output", output.toString());
      for (Turn turn : turns) {
        JsonNode about = turn.side().ask(Side.request("start").put("threads", threads));
        turn.record().set("runtime", about.get("runtime"));
        turn.side().ask(load);
        // An epoch: from then on Currywurst has all outputs of the frozen networks.
        turn.run("first", Math.max(2, size.pictures() / size.batch()));
        turn.run("first", 2);
      }
      for (int round = 0; round < rounds; round++) {
        for (Turn turn : turns) {
          turn.run("runs", size.steps());
        }
      }
      for (Turn turn : turns) {
        turn.side().ask(Side.request("keep"));
      }
      for (int round = 0; round < rounds; round++) {
        for (Turn turn : turns) {
          turn.run("kept", size.steps());
        }
      }
      // Before the updates by themselves: ours makes weights and means of its own for them, which
      // no training has.
      for (Turn turn : turns) {
        turn.record().set("peak", turn.side().ask(Side.request("peak")).path("bytes"));
      }
      for (int round = 0; round < rounds; round++) {
        for (Turn turn : turns) {
          Bench.array(turn.record(), "updates").add(turn.side().ask(Side.request("update")));
        }
      }
      if (profile && !turns.isEmpty()) {
        turns.get(0).record().set("profile", turns.get(0).side().ask(Side.request("profile")));
      }
    } finally {
      turns.forEach(turn -> turn.side().close());
    }
    return measured;
  }

  private record Turn(Side side, ObjectNode record) {
    void run(String list, int steps) {
      Bench.array(record, list).add(side.ask(Side.request("run").put("steps", steps)));
    }
  }
}
