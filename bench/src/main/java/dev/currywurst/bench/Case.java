package dev.currywurst.bench;

import dev.currywurst.tensor.DType;
import java.util.Locale;

/**
 * One thing that is measured on both sides.
 *
 * @param subject what is run
 * @param dtype in which type
 * @param pixels side of the picture
 */
record Case(Subject subject, DType dtype, int pixels) {
  /** What is run. */
  enum Subject {
    /** One denoising step of Stage C under guidance. */
    C("Stage C"),
    /** One denoising step of Stage B. */
    B("Stage B"),
    /** The decoding of a picture. */
    A("Stage A"),
    /** A prompt to a picture, with all networks in memory. */
    PICTURE("picture"),
    /** The same from the start of the process, with the memory that each side takes by default. */
    COLD("picture, cold");

    private final String title;

    Subject(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }

    boolean isStage() {
      return this == C || this == B || this == A;
    }

    static Subject parse(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A name for files, such as {@code c-bfloat16-512}. */
  String key() {
    return subject + "-" + dtype + "-" + pixels;
  }
}
