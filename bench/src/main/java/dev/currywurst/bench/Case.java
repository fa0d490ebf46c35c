package dev.currywurst.bench;

import dev.currywurst.tensor.DType;
import java.util.Locale;

/**
 * One thing that is measured on both sides.
 *
 * @param subject what is run
 * @param dtype in which type
 * @param pixels side of the picture
 * @param steps of a whole picture
 */
record Case(Subject subject, DType dtype, int pixels, Steps steps) {
  /**
   * How often the network of each stage runs for a picture.
   *
   * @param prior of Stage C
   * @param decoder of Stage B
   */
  record Steps(int prior, int decoder) {}

  /** What is run. */
  enum Subject {
    /** One denoising step of Stage C under guidance. */
    C("Stage C", "prior/prior"),
    /** One denoising step of Stage B. */
    B("Stage B", "decoder/decoder"),
    /** One denoising step of Stage B under guidance, which is off by default. */
    GUIDED("Stage B, guidance", "decoder/decoder"),
    /** The decoding of a picture. */
    A("Stage A", "decoder/vqgan"),
    /** A prompt to a picture, with all networks in memory. */
    PICTURE("picture", ""),
    /** The same from the start of the process, with the memory that each side takes by default. */
    COLD("picture, cold", "");

    private final String title;
    private final String component;

    Subject(String title, String component) {
      this.title = title;
      this.component = component;
    }

    /** The folder of what is run in a model's folder. */
    String component() {
      return component;
    }

    String title() {
      return title;
    }

    boolean isStage() {
      return this == C || this == B || this == GUIDED || this == A;
    }

    static Subject parse(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The same in another type. */
  Case in(DType other) {
    return new Case(subject, other, pixels, steps);
  }

  /** A name for files, such as {@code c-bfloat16-512}. */
  String key() {
    String stage = subject + "-" + dtype + "-" + pixels;
    return subject.isStage() ? stage : stage + "-" + steps.prior() + "-" + steps.decoder();
  }
}
