package dev.currywurst.train.judge;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The colours that captions name. */
public enum Colour {
  RED,
  ORANGE,
  YELLOW,
  GREEN,
  BLUE,
  PURPLE,
  PINK,
  BROWN,
  GRAY,
  BLACK,
  WHITE;

  private static final Pattern BETWEEN_WORDS = Pattern.compile("[^a-z]+");
  private static final Pattern GROUND =
      Pattern.compile("\\bon (?:an? )?(?:light |dark |pale )?[a-z]+(?: background\\b|$)");

  /** The first colour that a text names, if any. */
  public static Optional<Colour> firstIn(String text) {
    return BETWEEN_WORDS
        .splitAsStream(text.toLowerCase(Locale.ROOT))
        .flatMap(word -> spelled(word).stream())
        .findFirst();
  }

  /** The colour that is called so, if any. */
  public static Optional<Colour> named(String word) {
    return spelled(word.toLowerCase(Locale.ROOT));
  }

  /**
   * The colours that a text gives to things, in their order: not those of what is behind them, as
   * in "on gray" and "on a light blue background".
   */
  public static Set<Colour> ofThings(String text) {
    String things = GROUND.matcher(text.toLowerCase(Locale.ROOT)).replaceAll(" ");
    Set<Colour> colours = new LinkedHashSet<>();
    BETWEEN_WORDS.splitAsStream(things).forEach(word -> spelled(word).ifPresent(colours::add));
    return colours;
  }

  private static Optional<Colour> spelled(String word) {
    String american = word.equals("grey") ? "gray" : word;
    for (Colour colour : values()) {
      if (colour.word().equals(american)) {
        return Optional.of(colour);
      }
    }
    return Optional.empty();
  }

  /** As captions spell it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
