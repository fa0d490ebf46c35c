package dev.currywurst.train.source;

import dev.currywurst.train.data.PictureBytes;
import java.nio.file.Path;
import java.util.List;

/** A file that holds many pictures. */
interface Archive {
  /** The file. */
  Path file();

  /**
   * Reads all of it once.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if it is damaged
   */
  List<Listed> list();

  /** One of the pictures that were listed. */
  PictureBytes picture(Listed listed);

  /** All that decides what is listed, besides the file. */
  String settings();
}
