package dev.currywurst.cli;

import dev.currywurst.cli.ComputeOptions.Precision;
import dev.currywurst.lora.LoraDialect;
import dev.currywurst.tensor.Device;
import dev.currywurst.train.stage.StageName;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The entry point: the list of commands, and how they end. */
@Command(
    name = "currywurst",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.Version.class,
    header = "Paints pictures from prompts, and learns to from captioned pictures.",
    synopsisSubcommandLabel = "COMMAND",
    sortOptions = false,
    sortSynopsis = false,
    footer = {
      "",
      "Examples:",
      "  currywurst generate \"a red fox in the snow\"",
      "  currywurst generate --help",
      "  currywurst doctor",
      "",
      "Exit codes: 0 done, 1 failed (told in one sentence), 2 wrong command line, 130 interrupted."
    },
    subcommands = {
      GenerateCommand.class,
      DemoCommand.class,
      ReconstructCommand.class,
      FinetuneCommand.class,
      TrainCommand.class,
      JudgeCommand.class,
      EvaluateCommand.class,
      DrawCommand.class,
      InspectCommand.class,
      ConvertCommand.class,
      DatasetCommand.class,
      BlendCommand.class,
      LoraCommand.class,
      DoctorCommand.class
    })
public final class Main implements Callable<Integer> {
  /** Not {@code --debug} alone: the log's level is read before options are. */
  private static final String DEBUG = "--debug";

  private static final int NARROWEST = 60;
  private static final int WIDEST = 100;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = DEBUG,
      scope = ScopeType.INHERIT,
      description = "Print what happens inside, and the whole trace of an unexpected failure.")
  private boolean debug;

  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] arguments) {
    if (List.of(arguments).contains(DEBUG)) {
      System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
    }
    Charset charset = Charset.defaultCharset();
    PrintWriter out = new PrintWriter(System.out, true, charset);
    PrintWriter err = new PrintWriter(System.err, true, charset);
    System.exit(run(out, err, arguments));
  }

  /** Runs a command and gives its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    Main main = new Main();
    Failures failures = new Failures(() -> main.debug);
    CommandLine commandLine =
        commandLine(main)
            .setOut(out)
            .setErr(err)
            .setParameterExceptionHandler(failures)
            .setExecutionExceptionHandler(failures);
    try {
      return commandLine.execute(arguments);
    } catch (StackOverflowError | OutOfMemoryError | LinkageError e) {
      return failures.report(e, err);
    }
  }

  /** All commands with their options, not run. */
  static CommandLine commandLine() {
    return commandLine(new Main());
  }

  private static CommandLine commandLine(Main main) {
    return new CommandLine(main)
        .registerConverter(Device.class, text -> choice(Device.values(), text))
        .registerConverter(Precision.class, text -> choice(Precision.values(), text))
        .registerConverter(
            DrawCommand.Choice.class, text -> choice(DrawCommand.Choice.values(), text))
        .registerConverter(LoraDialect.class, text -> choice(LoraDialect.values(), text))
        .registerConverter(StageName.class, text -> choice(StageName.values(), text))
        .registerConverter(
            TrainCommand.Precision.class, text -> choice(TrainCommand.Precision.values(), text))
        .registerConverter(long.class, text -> number(text, Long::valueOf, "a whole number"))
        .registerConverter(Long.class, text -> number(text, Long::valueOf, "a whole number"))
        .registerConverter(int.class, text -> number(text, Integer::valueOf, "a whole number"))
        .registerConverter(Integer.class, text -> number(text, Integer::valueOf, "a whole number"))
        .registerConverter(double.class, text -> number(text, Double::valueOf, "a number"))
        .registerConverter(Double.class, text -> number(text, Double::valueOf, "a number"))
        .setUsageHelpWidth(
            Math.max(NARROWEST, Math.min(WIDEST, Integer.getInteger(Progress.COLUMNS, WIDEST))));
  }

  private static <N> N number(String text, Function<String, N> parser, String kind) {
    try {
      return parser.apply(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'%s' is not %s, or too large".formatted(text, kind));
    }
  }

  /** The constant that is spelled like this. */
  private static <E> E choice(E[] constants, String text) {
    for (E constant : constants) {
      if (constant.toString().equalsIgnoreCase(text)) {
        return constant;
      }
    }
    throw new TypeConversionException(
        "'%s' is none of %s"
            .formatted(
                text, Stream.of(constants).map(E::toString).collect(Collectors.joining(", "))));
  }

  /** Without a command: what there is to choose from. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return Failures.USAGE;
  }

  /** What the jar says about itself. */
  static final class Version implements IVersionProvider {
    /** The version, or "development" for classes that are in no jar. */
    static String text() {
      String version = Main.class.getPackage().getImplementationVersion();
      return version == null ? "development" : version;
    }

    @Override
    public String[] getVersion() {
      return new String[] {"currywurst " + text()};
    }
  }
}
