package dev.currywurst.text;

import java.text.Normalizer;

/**
 * What the reference does to a text before it looks for words: {@code NFC}, {@code Replace("\s+", "
 * ")} and {@code Lowercase}, in this order (transformers, {@code tokenization_clip.py}).
 */
final class TextNormalizer {
  /** No character below this one is changed by NFC, nor joins its neighbour. */
  private static final int FIRST_COMBINING = 0x300;

  private static final int CAPITAL_I_WITH_DOT = 0x130;

  private TextNormalizer() {}

  static String normalize(String text) {
    String composed = compose(text);
    StringBuilder out = new StringBuilder(composed.length());
    boolean afterSpace = false;
    for (int i = 0; i < composed.length(); ) {
      int c = composed.codePointAt(i);
      i += Character.charCount(c);
      boolean space = UnicodeTables.isSpace(c);
      if (!space) {
        appendLowerCase(out, c);
      } else if (!afterSpace) {
        out.append(' ');
      }
      afterSpace = space;
    }
    return out.toString();
  }

  /**
   * Each character by itself, as the reference does: there is no final sigma, ẞ becomes ß, and İ
   * becomes an i with a dot above as a character of its own.
   */
  private static void appendLowerCase(StringBuilder out, int c) {
    if (c == CAPITAL_I_WITH_DOT) {
      out.append("i\u0307");
    } else {
      out.appendCodePoint(UnicodeTables.lowerCase(c));
    }
  }

  /**
   * NFC as of Unicode 9, whatever edition this JDK has. Characters that came later have no
   * decomposition and combining class 0 in the reference: nothing is reordered or composed across
   * them, so the runs between them can be normalised one by one. What is in a run comes out the
   * same in every later edition, by Unicode's stability policy.
   */
  private static String compose(String text) {
    if (text.chars().allMatch(c -> c < FIRST_COMBINING)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      int end = i;
      while (end < text.length() && UnicodeTables.isNormalized(text.codePointAt(end))) {
        end += Character.charCount(text.codePointAt(end));
      }
      out.append(Normalizer.normalize(text.subSequence(i, end), Normalizer.Form.NFC));
      while (end < text.length() && !UnicodeTables.isNormalized(text.codePointAt(end))) {
        out.appendCodePoint(text.codePointAt(end));
        end += Character.charCount(text.codePointAt(end));
      }
      i = end;
    }
    return out.toString();
  }
}
