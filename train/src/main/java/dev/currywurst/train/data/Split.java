package dev.currywurst.train.data;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Pictures to train on and pictures held out to judge by.
 *
 * @param training in their old order
 * @param heldOut in their old order
 */
public record Split(List<CaptionedImage> training, List<CaptionedImage> heldOut) {
  public Split {
    training = List.copyOf(training);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Holds out about {@code fraction} of the pictures. The content hash alone decides, so adding,
   * removing or renaming pictures moves no other picture across, and copies of one picture stay
   * together. Where that leaves a part of a small set empty, it gets the one picture that is
   * closest to it.
   *
   * @param fraction 0 (none) up to but not including 1
   */
  public static Split byContent(List<CaptionedImage> images, double fraction) {
    if (!(fraction >= 0 && fraction < 1)) {
      throw new IllegalArgumentException("a held-out fraction of " + fraction);
    }
    double least = images.stream().mapToDouble(Split::place).min().orElse(0);
    double most = images.stream().mapToDouble(Split::place).max().orElse(0);
    boolean splits = fraction > 0 && least < most;
    Map<Boolean, List<CaptionedImage>> parts =
        images.stream()
            .collect(
                Collectors.partitioningBy(
                    image ->
                        splits
                            ? place(image) == least
                                || (place(image) < fraction && place(image) < most)
                            : place(image) < fraction));
    return new Split(parts.get(false), parts.get(true));
  }

  /** The hash's first 52 bits as a number from 0 to 1: uniform, as SHA-256 is. */
  private static double place(CaptionedImage image) {
    return Long.parseLong(image.contentHash().substring(0, 13), 16) * 0x1p-52;
  }
}
