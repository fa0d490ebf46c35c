package dev.currywurst.cli;

/** Text from files, made harmless for terminals. */
final class Printed {
  private static final int LONGEST = 400;

  private Printed() {}

  /** On one line, without control characters, and not longer than a few lines of a terminal. */
  static String plain(String text) {
    StringBuilder plain = new StringBuilder();
    text.codePoints()
        .limit(LONGEST)
        .forEach(c -> plain.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
    return plain + (text.codePointCount(0, text.length()) > LONGEST ? " ..." : "");
  }
}
