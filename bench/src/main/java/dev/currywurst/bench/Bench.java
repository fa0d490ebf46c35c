package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times both sides in turn and writes the table. */
@Command(
    name = "bench/run",
    subcommands = {Soak.class, FineTuning.class},
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Times Currywurst and diffusers in turn, on random weights of the published size.",
      "What was measured is kept in the scratch folder: the same command goes on where it ended."
    })
final class Bench implements Callable<Integer> {
  @Option(names = "--home", hidden = true, required = true)
  private Path home = Path.of("bench");

  @Option(names = "--quick", description = "512 pixels, stages alone, 3 rounds.")
  private boolean quick;

  @Option(
      names = "--pixels",
      split = ",",
      description = "Sides of the pictures; ${DEFAULT-VALUE} unless --quick.",
      defaultValue = "512,1024")
  private List<Integer> pixels = List.of();

  @Option(
      names = "--dtype",
      split = ",",
      description = "float32 and bfloat16 by default.",
      defaultValue = "float32,bfloat16")
  private List<String> dtypes = List.of();

  @Option(
      names = "--stage",
      split = ",",
      description =
          "c, b, guided (Stage B under guidance), a, picture or cold (from the start of the"
              + " process); all by default, stages alone with --quick.",
      defaultValue = "c,b,guided,a,picture,cold")
  private List<String> subjects = List.of();

  @Option(
      names = "--size",
      description = "published (3.1 billion parameters) or small; ${DEFAULT-VALUE}.",
      defaultValue = "published")
  private String size = "published";

  @Option(names = "--rounds", description = "How often each side runs a stage; ${DEFAULT-VALUE}.")
  private int rounds = 7;

  @Option(
      names = "--steps",
      description = "Of Stages C and B in a whole picture, such as 10,4; 29,12 by default.",
      split = ",",
      arity = "1")
  private List<Integer> steps = List.of(29, 12);

  @Option(
      names = "--profile",
      description = "One more pass of each stage of Currywurst, timed operation by operation.")
  private boolean profile;

  @Option(names = "--threads", description = "For both sides; all cores by default.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--clock",
      description =
          "wall, or cpu: the processor time of both sides, which other processes disturb less; take"
              + " it with --threads 1. ${DEFAULT-VALUE}.",
      defaultValue = "wall")
  private String clock = "wall";

  @Option(
      names = "--python",
      description =
          "An interpreter with the packages of bench/python/requirements.txt, instead of a virtual"
              + " environment made for it; ${env:CURRYWURST_BENCH_PYTHON:-none given}.",
      defaultValue = "${env:CURRYWURST_BENCH_PYTHON}")
  private @Nullable Path python;

  @Option(
      names = "--scratch",
      description = "For weights (20 GB) and measurements; bench/target/scratch by default.")
  private @Nullable Path scratch;

  @Option(names = "--fresh", description = "Forgets what was measured before.")
  private boolean fresh;

  @Option(
      names = "--table-only",
      description = "Measures nothing, and writes the table of what was measured before.")
  private boolean tableOnly;

  @Option(names = "--output", description = "The table; bench/RESULTS.md by default.")
  private @Nullable Path output;

  private Bench() {}

  public static void main(String[] arguments) {
    int code =
        new CommandLine(new Bench())
            .setExecutionExceptionHandler(
                (problem, line, parsed) -> {
                  if (!(problem instanceof CurrywurstException)) {
                    throw problem;
                  }
                  line.getErr().println("bench: " + problem.getMessage());
                  return 1;
                })
            .execute(arguments);
    System.exit(code);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (steps.size() != 2) {
      throw new CurrywurstException(
          "--steps takes two numbers, such as 29,12, not " + steps.size() + ".");
    }
    Path folder = scratch != null ? scratch : home.resolve("target").resolve("scratch");
    Files.createDirectories(folder);
    String name = "measurements-%s-%d-%s.json".formatted(size, threads, clock);
    Measurements measurements = Measurements.open(folder.resolve(name), fresh);
    List<Case> cases = cases();
    if (!tableOnly) {
      measure(cases, measurements, folder);
    }
    Path model = folder.resolve(size + "-" + cases.get(0).dtype());
    String table =
        new Report(cases, measurements, folder, model, clock, size, threads).toMarkdown();
    Path target = output != null ? output : home.resolve("RESULTS.md");
    String more =
        Files.exists(target)
            ? FineTuningReport.of(Files.readString(target, StandardCharsets.UTF_8))
            : "";
    Files.writeString(target, table + more, StandardCharsets.UTF_8);
    System.out.print(table);
    System.err.println("Written to " + target);
    return 0;
  }

  private void measure(List<Case> cases, Measurements measurements, Path folder)
      throws IOException, InterruptedException {
    Path interpreter = python != null ? python : makePython(home, folder);
    for (Case one : cases) {
      if (measurements.of(one).isPresent()) {
        System.err.println(one.key() + " was measured before");
        continue;
      }
      Path model = makeModel(folder, interpreter, one.dtype());
      System.err.println(one.key() + " ...");
      measurements.put(one, new Duel(this, interpreter, folder, model).measure(one));
    }
  }

  private List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int side : quick ? List.of(512) : pixels) {
      for (String dtype : dtypes) {
        for (String subject : quick ? List.of("c", "b", "guided", "a") : subjects) {
          cases.add(
              new Case(
                  Case.Subject.parse(subject),
                  DType.valueOf(dtype.toUpperCase(Locale.ROOT)),
                  side,
                  new Case.Steps(steps.get(0), steps.get(1))));
        }
      }
    }
    return cases;
  }

  int rounds() {
    return quick ? 3 : rounds;
  }

  int threads() {
    return threads;
  }

  boolean profiles() {
    return profile;
  }

  Path home() {
    return home;
  }

  /** A virtual environment from the package index, made once. */
  static Path makePython(Path home, Path folder) throws IOException, InterruptedException {
    Path venv = folder.resolve("venv");
    Path interpreter = venv.resolve("bin").resolve("python");
    if (!Files.exists(venv.resolve("complete"))) {
      shell(List.of("python3", "-m", "venv", venv.toString()));
      String requirements = home.resolve("python").resolve("requirements.txt").toString();
      shell(
          Stream.of(interpreter, "-m", "pip", "install", "--quiet", "-r", requirements)
              .map(Object::toString)
              .toList());
      Files.createFile(venv.resolve("complete"));
    }
    return interpreter;
  }

  private Path makeModel(Path folder, Path interpreter, DType dtype)
      throws IOException, InterruptedException {
    Path model = folder.resolve(size + "-" + dtype);
    List<String> sides =
        cases().stream().map(one -> Integer.toString(one.pixels())).distinct().toList();
    boolean complete = Files.exists(model.resolve("complete"));
    if (complete && sides.stream().allMatch(side -> Files.exists(inputs(model, side)))) {
      return model;
    }
    System.err.println("Making random weights in " + model + " ...");
    Path tokenizer = tokenizer(home);
    List<String> command = new ArrayList<>();
    command.add(interpreter.toString());
    command.add(home.resolve("python").resolve("weights.py").toString());
    command.add(model.toString());
    command.addAll(List.of("--dtype", dtype.toString(), "--size", size));
    command.addAll(List.of("--tokenizer", tokenizer.toString(), "--pixels"));
    command.addAll(sides);
    shell(command);
    return model;
  }

  static Path tokenizer(Path home) {
    return home.resolveSibling("testkit").resolve("src/main/resources/wuerstchen/prior/tokenizer");
  }

  static Path inputs(Path model, Object pixels) {
    return model.resolve("inputs-" + pixels + ".safetensors");
  }

  static void shell(List<String> command) throws IOException, InterruptedException {
    int code =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
            .waitFor();
    if (code != 0) {
      throw new CurrywurstException(
          "%s failed with exit code %d, see above.".formatted(command.get(0), code));
    }
  }

  /** For {@link Duel}. */
  static ArrayNode array(ObjectNode parent, String name) {
    JsonNode present = parent.get(name);
    return present instanceof ArrayNode list ? list : parent.putArray(name);
  }
}
