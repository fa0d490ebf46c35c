package dev.currywurst.train.dataset;

import dev.currywurst.image.Image;

/** Says what a picture shows. */
public interface Captioner {
  /**
   * Captions a picture; from several threads if the run has several.
   *
   * @param picture laid on white
   * @return one line
   * @throws Unavailable if no further picture can be captioned either
   * @throws dev.currywurst.tensor.CurrywurstException if this one cannot
   * @throws InterruptedException if the thread is asked to end
   */
  String caption(Image picture) throws InterruptedException, Unavailable;

  /** The captioner itself does not work; the message is a sentence for the user. */
  final class Unavailable extends Exception {
    private static final long serialVersionUID = 1;

    public Unavailable(String message) {
      super(message);
    }

    public Unavailable(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
