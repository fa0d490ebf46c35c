package dev.currywurst.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.InflaterInputStream;

/** One text chunk of a PNG file. */
record PngText(String keyword, String text) {
  /** More is no text about a picture but an attempt to fill the memory. */
  private static final int MAX_BYTES = 8 << 20;

  /**
   * Reads the data of a {@code tEXt}, {@code zTXt} or {@code iTXt} chunk.
   *
   * @return empty if the chunk does not follow the specification or is unreasonably large: the
   *     picture is none the worse for it
   */
  static Optional<PngText> read(String type, byte[] data) {
    int keywordEnd = indexOfNul(data, 0);
    if (keywordEnd < 1) {
      return Optional.empty();
    }
    String keyword = new String(data, 0, keywordEnd, StandardCharsets.ISO_8859_1);
    int start = keywordEnd + 1;
    return switch (type) {
      case "tEXt" -> read(keyword, data, start, false, StandardCharsets.ISO_8859_1);
      // One byte for the method, of which there is only one.
      case "zTXt" -> read(keyword, data, start + 1, true, StandardCharsets.ISO_8859_1);
      case "iTXt" -> {
        // A flag and the method, then a language and a translated keyword.
        int languageEnd = indexOfNul(data, start + 2);
        int translationEnd = languageEnd < 0 ? -1 : indexOfNul(data, languageEnd + 1);
        yield translationEnd < 0
            ? Optional.empty()
            : read(keyword, data, translationEnd + 1, data[start] == 1, StandardCharsets.UTF_8);
      }
      default -> Optional.empty();
    };
  }

  private static Optional<PngText> read(
      String keyword, byte[] data, int start, boolean compressed, Charset charset) {
    if (start > data.length) {
      return Optional.empty();
    }
    InputStream bytes = new ByteArrayInputStream(data, start, data.length - start);
    try (InputStream text = compressed ? new InflaterInputStream(bytes) : bytes) {
      byte[] content = text.readNBytes(MAX_BYTES + 1);
      return content.length > MAX_BYTES
          ? Optional.empty()
          : Optional.of(new PngText(keyword, new String(content, charset)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static int indexOfNul(byte[] data, int from) {
    for (int i = from; i < data.length; i++) {
      if (data[i] == 0) {
        return i;
      }
    }
    return -1;
  }
}
