package dev.currywurst.cli;

import dev.currywurst.pipeline.BundledModel;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.Repetition;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.Stack;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * A command line that is kept with what it made, and run again by {@code --repeat}.
 *
 * <p>Kept is what decides the result. Where it went and how it was watched is not; and names of
 * files become absolute, so that it can be repeated from another folder.
 */
final class RepeatedCommand {
  static final String REPEAT = "--repeat";

  private static final Set<String> OUTPUT = Set.of("--output", "--output-dir");
  private static final Set<String> NOT_KEPT =
      Set.of(REPEAT, "--resume", "--resume-from-checkpoint");
  private static final Pattern GLOB = Pattern.compile("[*?{\\[]");
  private static final Set<String> NOT_KEPT_FLAGS = Set.of("--quiet", "--debug");

  private RepeatedCommand() {}

  /** What is kept of the words after the command's name, as they were typed. */
  static List<String> kept(CommandSpec command) {
    List<String> all = command.root().commandLine().getParseResult().originalArgs();
    List<String> words = all.subList(all.indexOf(command.name()) + 1, all.size());
    List<String> kept = new ArrayList<>();
    boolean isPlace = false;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      String name = DiffusersSpelling.dashed(DiffusersSpelling.name(word));
      boolean isOption = word.startsWith("--");
      if (OUTPUT.contains(name) || NOT_KEPT.contains(name)) {
        boolean hasValue = i + 1 < words.size() && !words.get(i + 1).startsWith("--");
        i += !word.contains("=") && hasValue ? 1 : 0;
      } else if (!NOT_KEPT_FLAGS.contains(name)) {
        isPlace = isOption ? namesPlace(command.findOption(name)) : isPlace;
        int start = isOption ? word.indexOf('=') + 1 : 0;
        boolean hasPlace = isPlace && !(isOption && start == 0);
        kept.add(hasPlace ? word.substring(0, start) + absolute(word.substring(start)) : word);
      }
    }
    return kept;
  }

  /** A file or folder, or what may be one. */
  private static boolean namesPlace(@Nullable OptionSpec option) {
    return option != null
        && (option.type() == Path.class
            || List.of(option.names()).contains("--model")
            || List.of(option.names()).contains("--decoder"));
  }

  /** Models have names too, and pictures addresses. */
  private static String absolute(String value) {
    try {
      Path path = Path.of(value);
      boolean isFile =
          BundledModel.find(value).isEmpty()
              && !value.contains("://")
              && (Files.exists(path) || GLOB.matcher(value).find());
      return isFile ? path.toAbsolutePath().normalize().toString() : value;
    } catch (InvalidPathException e) {
      return value;
    }
  }

  /** Puts the words of the run that is repeated in the place of {@code --repeat DIR}. */
  static void expand(Stack<String> arguments, CommandSpec command) {
    List<String> words = new ArrayList<>(arguments);
    Collections.reverse(words); // The stack's top is the next word.
    int place = indexOf(words, REPEAT);
    if (place < 0) {
      return;
    }
    Path origin = Path.of(value(words, place, command));
    String to = indexOf(words, "--output-dir") < 0 ? "--output" : "--output-dir";
    int outputAt = indexOf(words, to);
    Path output =
        outputAt < 0
            ? Path.of(origin.toAbsolutePath().normalize() + "-again")
            : Path.of(value(words, outputAt, command));
    List<String> rest = new ArrayList<>(words);
    remove(rest, REPEAT);
    remove(rest, to);
    if (!rest.stream().allMatch("--quiet"::equals)) {
      throw new ParameterException(
          command.commandLine(),
          "%s takes all settings from the run; beside it give --output alone.".formatted(REPEAT));
    }
    List<String> all = new ArrayList<>();
    try {
      all.addAll(Repetition.of(origin).command());
    } catch (CurrywurstException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
    all.addAll(List.of("--output", output.toString(), REPEAT, origin.toString()));
    all.addAll(rest);
    Collections.reverse(all);
    arguments.clear();
    arguments.addAll(all);
  }

  private static int indexOf(List<String> words, String option) {
    for (int i = 0; i < words.size(); i++) {
      if (DiffusersSpelling.name(words.get(i)).equals(option)) {
        return i;
      }
    }
    return -1;
  }

  private static String value(List<String> words, int place, CommandSpec command) {
    String word = words.get(place);
    if (word.contains("=")) {
      return word.substring(word.indexOf('=') + 1);
    }
    if (place + 1 >= words.size()) {
      throw new ParameterException(command.commandLine(), word + " needs a folder.");
    }
    return words.get(place + 1);
  }

  private static void remove(List<String> words, String option) {
    int place = indexOf(words, option);
    if (place >= 0) {
      boolean alone = words.get(place).contains("=");
      words.remove(place);
      if (!alone) {
        words.remove(place);
      }
    }
  }
}
