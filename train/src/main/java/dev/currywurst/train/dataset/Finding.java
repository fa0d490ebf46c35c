package dev.currywurst.train.dataset;

/**
 * Something that a check found.
 *
 * @param kind what sort of thing
 * @param where the file, or the file and line, relative to the folder
 * @param message what is wrong and what to do, as a sentence
 */
public record Finding(Kind kind, String where, String message) {
  /** Where it is and what is wrong, the place once. */
  String sentence() {
    return message.contains(where) ? message : where + ": " + message;
  }

  /** The sorts of findings, those that must be mended first. */
  public enum Kind {
    /** A line of the caption file, or a text file, that cannot be understood. */
    CAPTIONS_BROKEN(true),
    /** An archive that cannot be read, so that none of its pictures is known. */
    ARCHIVE_BROKEN(true),
    /** A picture that is named but not there. */
    PICTURE_MISSING(true),
    /** A picture that cannot be decoded. */
    PICTURE_UNREADABLE(true),
    /** A picture about which nothing is said. */
    CAPTION_MISSING(true),
    /** A picture too small to learn anything from. */
    PICTURE_SPECK(true),
    /** A picture that is much enlarged in training. */
    PICTURE_TINY(false),
    /** A picture that takes long to read each time. */
    PICTURE_HUGE(false),
    /** A picture of which a square crop shows less than half. */
    PICTURE_RATIO(false),
    /** A picture of one colour. */
    PICTURE_BLANK(false),
    /** A file whose name does not tell its format. */
    PICTURE_NAME(false),
    /** Pictures that are the same, pixel by pixel. */
    PICTURE_REPEATED(false),
    /** A picture or a text that is not used. */
    UNUSED(false),
    /** A caption whose end the text tower will not see. */
    CAPTION_CUT(false),
    /** A caption that many pictures share. */
    CAPTION_REPEATED(false),
    /** A caption with characters that nobody meant to write. */
    CAPTION_ODD(false);

    private final boolean error;

    Kind(boolean error) {
      this.error = error;
    }

    /** True if training would stop at it, or learn what is wrong. */
    public boolean mustBeMended() {
      return error;
    }
  }
}
