package dev.currywurst.weights;

/** Text from a file, made fit for a message on somebody's terminal. */
final class Printable {
  private static final int LONGEST = 120;

  private Printable() {}

  /**
   * The text in double quotes, without control characters (which could rewrite the terminal),
   * invisible direction marks or halves of surrogate pairs, and cut to a length one can read.
   */
  static String quoted(String text) {
    return '"' + plain(text) + '"';
  }

  /** The same without the quotes. */
  static String plain(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      if (out.length() >= LONGEST) {
        return out.append("...").toString();
      }
      int c = text.codePointAt(i);
      if (isVisible(c)) {
        out.appendCodePoint(c);
      } else {
        out.append("\\u%04x".formatted(c));
      }
      i += Character.charCount(c);
    }
    return out.toString();
  }

  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
