package dev.currywurst.train.data;

import java.nio.file.Path;
import java.util.List;

/**
 * A picture and what is said about it.
 *
 * @param picture where its bytes are; nothing is decoded yet
 * @param captions at least one; training draws among several
 * @param contentHash SHA-256 of the bytes in hexadecimal: caches and {@link Split} know the picture
 *     by it, whatever it is called
 * @param weight how often it is seen, where 1 is once an epoch: 0.5 is every second epoch, 0 never
 */
public record CaptionedImage(
    PictureBytes picture, List<String> captions, String contentHash, double weight) {
  /**
   * @throws IllegalArgumentException if there is no caption or the weight makes no sense
   */
  public CaptionedImage {
    captions = List.copyOf(captions);
    if (captions.isEmpty()) {
      throw new IllegalArgumentException(picture.name() + " has no caption");
    }
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(picture.name() + " has a weight of " + weight);
    }
  }

  /** A picture in a file of its own, seen once an epoch. */
  public CaptionedImage(Path file, List<String> captions, String contentHash) {
    this(new PictureFile(file), captions, contentHash, 1);
  }

  /** What messages call it. */
  public String name() {
    return picture.name();
  }

  /** The file that holds it: its own, or the archive that it is a part of. */
  public Path file() {
    return picture.file();
  }

  /** The first caption, for evaluation, where nothing is drawn. */
  public String caption() {
    return captions.get(0);
  }
}
