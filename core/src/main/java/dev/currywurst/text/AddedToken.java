package dev.currywurst.text;

/**
 * A token that is looked for as a whole, before the text is cut into words: the begin, end and
 * padding tokens, and names that were taught to a model by textual inversion. The flags are those
 * of the reference's {@code AddedToken}.
 *
 * @param content the token as written
 * @param normalized look for it in the normalised text (so in any case) instead of the raw text
 * @param leftStrip it swallows the white space on its left
 * @param rightStrip it swallows the white space on its right
 * @param singleWord it counts only between characters that do not belong to words
 * @param special it controls the model and carries no meaning of its own
 */
record AddedToken(
    String content,
    boolean normalized,
    boolean leftStrip,
    boolean rightStrip,
    boolean singleWord,
    boolean special) {

  /** How the reference reads a special token that is given by its name alone. */
  static AddedToken named(String content) {
    return new AddedToken(content, false, false, false, false, true);
  }
}
