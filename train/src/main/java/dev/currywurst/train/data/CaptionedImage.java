package dev.currywurst.train.data;

import java.nio.file.Path;
import java.util.List;

/**
 * A picture file and what is said about it.
 *
 * @param file the picture, not decoded yet
 * @param captions at least one; training draws among several
 * @param contentHash SHA-256 of the file's bytes in hexadecimal: caches and {@link Split} know the
 *     picture by it, whatever it is called
 */
public record CaptionedImage(Path file, List<String> captions, String contentHash) {
  /**
   * @throws IllegalArgumentException if there is no caption
   */
  public CaptionedImage {
    captions = List.copyOf(captions);
    if (captions.isEmpty()) {
      throw new IllegalArgumentException(file + " has no caption");
    }
  }

  /** The first caption, for evaluation, where nothing is drawn. */
  public String caption() {
    return captions.get(0);
  }
}
