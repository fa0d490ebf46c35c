package dev.currywurst.cli;

import dev.currywurst.pipeline.GenerationCancelledException;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.EngineException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells failures: one sentence on the error stream, and an exit code. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
  static final int TOLD = 1;
  static final int USAGE = 2;
  static final int INTERRUPTED = 130;

  private final BooleanSupplier debug;

  /**
   * Failures of one run.
   *
   * @param debug whether traces are printed
   */
  Failures(BooleanSupplier debug) {
    this.debug = debug;
  }

  /** A wrong command line: what is wrong, what may have been meant, and where to read on. */
  @Override
  public int handleParseException(ParameterException error, String[] arguments) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    ParameterException told = misspelt(error, arguments).orElse(error);
    err.println(twice(command.getCommandSpec(), arguments).orElse(inShortNames(told)));
    UnmatchedArgumentException.printSuggestions(told, err);
    err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
    return USAGE;
  }

  /** A required option that is misspelt is missing too, and that is not what to tell. */
  private static Optional<ParameterException> misspelt(
      ParameterException error, String... arguments) {
    if (!(error instanceof MissingParameterException)) {
      return Optional.empty();
    }
    CommandLine command = error.getCommandLine();
    CommandSpec spec = command.getCommandSpec();
    return Stream.of(arguments)
        .takeWhile(word -> !word.equals("--"))
        .filter(word -> word.startsWith("--"))
        .map(word -> DiffusersSpelling.dashed(DiffusersSpelling.name(word)))
        .filter(
            word ->
                !spec.optionsMap().containsKey(word) && !spec.negatedOptionsMap().containsKey(word))
        .findFirst()
        .map(word -> new UnmatchedArgumentException(command, List.of(word)));
  }

  /** The parser calls a missing option by its longest name, which is diffusers' and not ours. */
  private static String inShortNames(ParameterException error) {
    String message = error.getMessage();
    if (error instanceof MissingParameterException missing) {
      for (ArgSpec argument : missing.getMissing()) {
        if (argument instanceof OptionSpec option) {
          message = message.replace(option.longestName(), option.names()[0]);
        }
      }
    }
    return message;
  }

  /** For options that exclude others, the parser tells their whole group instead of the one. */
  private static Optional<String> twice(CommandSpec spec, String... arguments) {
    Set<OptionSpec> seen = new HashSet<>();
    return Stream.of(arguments)
        .map(word -> DiffusersSpelling.dashed(DiffusersSpelling.name(word)))
        .flatMap(word -> Stream.ofNullable(spec.optionsMap().get(word)))
        .filter(option -> !option.isMultiValue() && !seen.add(option))
        .findFirst()
        .map(option -> option.names()[0] + " is given twice; give it once.");
  }

  @Override
  public int handleExecutionException(Exception error, CommandLine command, ParseResult parsed) {
    return report(error, command.getErr());
  }

  /** Tells a failure of a command. */
  int report(Throwable error, PrintWriter err) {
    if (error instanceof InterruptedRunException || error instanceof GenerationCancelledException) {
      err.println(error.getMessage());
      return INTERRUPTED;
    }
    if (error instanceof CurrywurstException || error instanceof EngineException) {
      err.println(error.getMessage());
      if (debug.getAsBoolean()) {
        error.printStackTrace(err);
      }
    } else if (error instanceof OutOfMemoryError) {
      err.println(
          "Java's heap of %d MB is too small for this; give it more with JDK_JAVA_OPTIONS=-Xmx4g."
              .formatted(Runtime.getRuntime().maxMemory() >> 20));
    } else if (debug.getAsBoolean()) {
      error.printStackTrace(err);
    } else {
      err.println(
          "Something went wrong that should not (%s); %s".formatted(error, details(error, err)));
    }
    return TOLD;
  }

  /** Keeps the trace where a report of the fault can quote it. */
  private static String details(Throwable error, PrintWriter err) {
    StringWriter text = new StringWriter();
    try (PrintWriter trace = new PrintWriter(text)) {
      trace.println("currywurst " + Main.Version.text());
      for (String property : new String[] {"java.vm.name", "java.version", "os.name", "os.arch"}) {
        trace.println(property + " " + System.getProperty(property));
      }
      error.printStackTrace(trace);
    }
    try {
      Path file = Files.createTempFile("currywurst-failure-", ".txt");
      Files.writeString(file, text.toString(), StandardCharsets.UTF_8);
      return "the details are in " + file + ".";
    } catch (IOException e) {
      err.flush();
      return "add --debug for the details.";
    }
  }
}
