package dev.currywurst.cli;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.Repetition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.Stack;
import picocli.CommandLine.Model.CommandSpec;
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
  private static final Set<String> NOT_KEPT_FLAGS = Set.of("--quiet", "--debug");

  private RepeatedCommand() {}

  /** What is kept of the words after the command's name, as they were typed. */
  static List<String> kept(CommandSpec command) {
    List<String> all = command.root().commandLine().getParseResult().originalArgs();
    List<String> words = all.subList(all.indexOf(command.name()) + 1, all.size());
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String name = DiffusersSpelling.dashed(DiffusersSpelling.name(words.get(i)));
      if (OUTPUT.contains(name) || NOT_KEPT.contains(name)) {
        i += words.get(i).contains("=") ? 0 : 1;
      } else if (!NOT_KEPT_FLAGS.contains(name)) {
        kept.add(absolute(words.get(i)));
      }
    }
    return kept;
  }

  /** Relative names of folders and files that exist, alone or after {@code --option=}. */
  private static String absolute(String word) {
    int start = word.startsWith("--") ? word.indexOf('=') + 1 : 0;
    String value = word.substring(start);
    boolean isFile =
        !value.startsWith("-") && (value.contains("/") || value.contains(".")) && exists(value);
    return isFile ? word.substring(0, start) + Path.of(value).toAbsolutePath().normalize() : word;
  }

  private static boolean exists(String value) {
    try {
      return Files.exists(Path.of(value));
    } catch (java.nio.file.InvalidPathException e) {
      return false;
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
