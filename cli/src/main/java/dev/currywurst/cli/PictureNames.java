package dev.currywurst.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** File names for pictures in a folder: the seed, then the prompt's first words. */
final class PictureNames {
  /** File systems allow 255 bytes; a letter has up to four in UTF-8. */
  private static final int LONGEST = 48;

  private static final Pattern WORDS = Pattern.compile("[\\p{L}\\p{M}\\p{N}]+");

  private final Path folder;
  private final boolean replace;
  private final Set<Path> taken = new HashSet<>();

  /**
   * Names in a folder.
   *
   * @param replace whether a file may be there already; two pictures of one run never share a name
   */
  PictureNames(Path folder, boolean replace) {
    this.folder = folder;
    this.replace = replace;
  }

  /** A free name such as {@code 42-a-red-fox.png}, or {@code 42-a-red-fox-2.png}. */
  Path next(long seed, String prompt) {
    String words = shortened(prompt.toLowerCase(Locale.ROOT));
    String name = seed + (words.isEmpty() ? "" : "-" + words);
    Path file = folder.resolve(name + ".png");
    for (int i = 2; (!replace && Files.exists(file)) || !taken.add(file); i++) {
      file = folder.resolve(name + "-" + i + ".png");
    }
    return file;
  }

  /** Whole words, joined by hyphens, as far as they fit; a longer first word is cut. */
  private static String shortened(String prompt) {
    StringBuilder name = new StringBuilder();
    for (String word : WORDS.matcher(prompt).results().map(MatchResult::group).toList()) {
      String longer = (name.isEmpty() ? "" : "-") + word;
      if (name.length() + longer.length() > LONGEST && !name.isEmpty()) {
        break;
      }
      name.append(longer);
    }
    int points = name.codePointCount(0, name.length());
    return name.substring(0, name.offsetByCodePoints(0, Math.min(LONGEST, points)));
  }

  /**
   * The name of a file that belongs to a picture: {@code fox.png} and {@code preview.png} give
   * {@code fox.preview.png}.
   */
  static Path beside(Path picture, String ending) {
    String name = String.valueOf(picture.getFileName());
    int dot = name.lastIndexOf('.');
    return picture.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + "." + ending);
  }
}
