package dev.currywurst.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What the reference tokenizer takes for a letter, a number, a space, and the lower case of each.
 *
 * <p>Java's own answers change with the JDK (17 knows Unicode 13, 25 knows Unicode 16), and the
 * reference mixes three editions: Unicode 16 for its regular expressions, 17 for lower case, 9 for
 * normalisation. A model's ids must not depend on any of this, so the tables were asked of the
 * reference and lie beside this class ({@code unicode_tables.py} in the tests writes them).
 */
final class UnicodeTables {
  private static final UnicodeTables TABLES = new UnicodeTables();

  private final BitSet letters = new BitSet();
  private final BitSet numbers = new BitSet();
  private final BitSet wordCharacters = new BitSet();
  private final BitSet spaces = new BitSet();
  private final BitSet normalized = new BitSet();
  private final Map<Integer, Integer> lower = new HashMap<>();

  private UnicodeTables() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    UnicodeTables.class.getResourceAsStream("unicode-tables.txt")),
                StandardCharsets.UTF_8))) {
      lines.lines().filter(line -> !line.startsWith("#")).forEach(this::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code \p{L}}. */
  static boolean isLetter(int codePoint) {
    return TABLES.letters.get(codePoint);
  }

  /** {@code \p{N}}: digits, but also Roman numerals, fractions and circled numbers. */
  static boolean isNumber(int codePoint) {
    return TABLES.numbers.get(codePoint);
  }

  /** {@code \w}, for added tokens that count only between characters outside of words. */
  static boolean isWord(int codePoint) {
    return TABLES.wordCharacters.get(codePoint);
  }

  /** {@code \s}: Unicode's White_Space. */
  static boolean isSpace(int codePoint) {
    return TABLES.spaces.get(codePoint);
  }

  /** Whether the reference's normalisation knows this character; it passes all others by. */
  static boolean isNormalized(int codePoint) {
    return TABLES.normalized.get(codePoint);
  }

  /** The lower case of one character by itself; İ, which becomes two, is the caller's affair. */
  static int lowerCase(int codePoint) {
    return TABLES.lower.getOrDefault(codePoint, codePoint);
  }

  private void add(String line) {
    String[] entries = line.split(" ");
    for (String entry : List.of(entries).subList(1, entries.length)) {
      switch (entries[0]) {
        case "letter" -> addRange(letters, entry);
        case "number" -> addRange(numbers, entry);
        case "word" -> addRange(wordCharacters, entry);
        case "space" -> addRange(spaces, entry);
        case "normalized" -> addRange(normalized, entry);
        case "lower" -> addShift(entry);
        default -> throw new IllegalStateException("unicode-tables.txt: unknown line " + line);
      }
    }
  }

  /** {@code 41-5A}, or {@code AA} for one code point. */
  private static void addRange(BitSet set, String range) {
    int dash = range.indexOf('-');
    int first = hex(dash < 0 ? range : range.substring(0, dash));
    set.set(first, (dash < 0 ? first : hex(range.substring(dash + 1))) + 1);
  }

  /** {@code 100-12E/2+1}: from 100 to 12E each second code point moves up by 1. */
  private void addShift(String entry) {
    int dash = entry.indexOf('-');
    int slash = entry.indexOf('/');
    int step = Integer.parseInt(entry.substring(slash + 1, slash + 2));
    int shift = hex(entry.substring(slash + 2));
    int last = hex(entry.substring(dash + 1, slash));
    for (int c = hex(entry.substring(0, dash)); c <= last; c += step) {
      lower.put(c, c + shift);
    }
  }

  private static int hex(String digits) {
    return Integer.parseInt(digits, 16);
  }
}
