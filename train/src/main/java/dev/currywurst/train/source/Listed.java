package dev.currywurst.train.source;

import java.util.List;

/**
 * A picture in an archive, as its index remembers it.
 *
 * @param name within the archive
 * @param position of its first byte, or its row
 * @param length in bytes
 * @param hash SHA-256 of its bytes
 * @param captions none if it has none
 * @param weight see {@link dev.currywurst.train.data.CaptionedImage}
 */
record Listed(
    String name, long position, long length, String hash, List<String> captions, double weight) {
  Listed {
    captions = List.copyOf(captions);
  }
}
