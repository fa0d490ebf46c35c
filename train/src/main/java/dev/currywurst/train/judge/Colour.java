package dev.currywurst.train.judge;

import java.util.Locale;
import java.util.Optional;
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

  /** The first colour that a text names, if any. */
  public static Optional<Colour> firstIn(String text) {
    return BETWEEN_WORDS
        .splitAsStream(text.toLowerCase(Locale.ROOT))
        .flatMap(word -> spelled(word).stream())
        .findFirst();
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
