package dev.currywurst.train.source;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Names of many files in one, as shells and webdataset write them. */
final class Braces {
  /** The first group without another one inside. */
  private static final Pattern GROUP = Pattern.compile("\\{([^{}]*)}");

  private static final Pattern RANGE = Pattern.compile("(\\d{1,9})\\.\\.(\\d{1,9})");
  private static final String WILDCARD = ".*[*?\\[].*";
  private static final int MOST = 100_000;
  private static final int NAMED = 5;

  private Braces() {}

  /** True if a name may stand for several. */
  static boolean isPattern(String name) {
    return name.matches(".*[{*?\\[].*");
  }

  /**
   * All names: {@code a{08..10}} is {@code a08}, {@code a09}, {@code a10}, and {@code {a,b}} is
   * {@code a}, {@code b}.
   *
   * @throws CurrywurstException if they are far too many
   */
  static List<String> expand(String name) {
    Matcher group = GROUP.matcher(name);
    while (group.find()) {
      List<String> choices = choices(group.group(1));
      if (choices.isEmpty()) {
        continue;
      }
      List<String> all = new ArrayList<>();
      for (String choice : choices) {
        all.addAll(expand(name.substring(0, group.start()) + choice + name.substring(group.end())));
        if (all.size() > MOST) {
          throw new CurrywurstException(
              "%s stands for more than %d files; is it misspelled?".formatted(name, MOST));
        }
      }
      return all;
    }
    return List.of(name);
  }

  private static List<String> choices(String inside) {
    Matcher range = RANGE.matcher(inside);
    if (range.matches()) {
      int first = Integer.parseInt(range.group(1));
      int last = Integer.parseInt(range.group(2));
      int digits = range.group(1).length();
      return IntStream.rangeClosed(first, last)
          .limit(MOST + 1L)
          .mapToObj(i -> String.format("%0" + digits + "d", i))
          .toList();
    }
    return inside.contains(",") ? List.of(inside.split(",", -1)) : List.of();
  }

  /**
   * The files that a pattern names, in its order; those that a wildcard finds by name.
   *
   * @throws CurrywurstException if there is none, or one that is named is not there
   */
  static List<Path> files(String pattern) {
    List<Path> files = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (String name : expand(pattern)) {
      if (name.matches(WILDCARD)) {
        files.addAll(matching(name));
      } else if (Files.isRegularFile(Path.of(name))) {
        files.add(Path.of(name));
      } else {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      int others = missing.size() - NAMED;
      throw new CurrywurstException(
          String.join(", ", missing.stream().limit(NAMED).toList())
              + (others > 0 ? " and " + others + " more do" : missing.size() == 1 ? " does" : " do")
              + " not exist.");
    }
    if (files.isEmpty()) {
      throw new CurrywurstException("No file is named like " + pattern + ".");
    }
    return files;
  }

  private static List<Path> matching(String pattern) {
    int wildcard = pattern.split("[*?\\[]", 2)[0].length();
    int slash = pattern.lastIndexOf('/', wildcard);
    Path base = Path.of(slash < 0 ? "." : slash == 0 ? "/" : pattern.substring(0, slash));
    String relative = pattern.substring(slash + 1);
    if (!Files.isDirectory(base)) {
      throw new CurrywurstException(base + " is not a folder.");
    }
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + relative);
    int depth = relative.contains("**") ? Integer.MAX_VALUE : relative.split("/").length;
    try (Stream<Path> all = Files.walk(base, depth, FileVisitOption.FOLLOW_LINKS)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> matcher.matches(base.relativize(file)))
          .map(file -> slash < 0 ? base.relativize(file) : file)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new CurrywurstException(base + " cannot be read: " + e.getMessage() + ".", e);
    }
  }
}
