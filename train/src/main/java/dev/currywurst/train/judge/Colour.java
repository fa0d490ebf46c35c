package dev.currywurst.train.judge;

import java.util.Locale;
import java.util.Optional;

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

  /** The first colour that a text names, if any. */
  public static Optional<Colour> firstIn(String text) {
    for (String word : text.toLowerCase(Locale.ROOT).split("[^a-z]+", -1)) {
      String spelled = word.equals("grey") ? "gray" : word;
      for (Colour colour : values()) {
        if (colour.word().equals(spelled)) {
          return Optional.of(colour);
        }
      }
    }
    return Optional.empty();
  }

  /** As captions spell it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
