package dev.currywurst.train.data;

import java.nio.file.Path;

/** An encoded picture, wherever it lies: in a file of its own or as a part of an archive. */
public interface PictureBytes {
  /** More bytes than any picture within the decoder's limit needs. */
  int MOST_BYTES = 576 << 20;

  /** A picture that is a file of its own. */
  static PictureBytes of(Path file) {
    return new PictureFile(file);
  }

  /** What messages call it: the file, or the archive and the place in it. */
  String name();

  /** The file that holds it. */
  Path file();

  /**
   * Reads it.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if it is not there any more, cannot be read,
   *     or is larger than {@link #MOST_BYTES}
   */
  byte[] read();

  /** True if its file holds nothing else, so that a link to the file is one to the picture. */
  default boolean isWholeFile() {
    return false;
  }
}
