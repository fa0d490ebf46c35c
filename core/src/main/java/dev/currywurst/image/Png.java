package dev.currywurst.image;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * PNG files with text beside the pixels, as galleries and web interfaces read it back: {@code tEXt}
 * where Latin-1 suffices, {@code iTXt} in UTF-8 otherwise (PNG specification, third edition,
 * 11.3.3).
 */
public final class Png {
  private static final String PLAIN = "tEXt";
  private static final String COMPRESSED = "zTXt";
  private static final String INTERNATIONAL = "iTXt";

  /** The signature and the header chunk, which must stay first. */
  private static final int PIXELS_START = PngChunks.SIGNATURE + 12 + 13;

  private static final int MAX_KEYWORD = 79;

  private Png() {}

  /** The picture alone. */
  public static byte[] encode(Image image) {
    return encode(image, Map.of());
  }

  /**
   * The picture with text.
   *
   * @param text keyword to text; keywords are 1 to 79 Latin-1 characters. Characters that no text
   *     file can hold (NUL, half a surrogate pair) are replaced.
   * @throws IllegalArgumentException if a keyword is not allowed
   */
  public static byte[] encode(Image image, Map<String, String> text) {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    // In memory, whatever ImageIO.getUseCache() says: no temporary files.
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(plain)) {
      ImageIO.write(image.toBufferedImage(), "png", stream);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    byte[] pixels = plain.toByteArray();
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(pixels, 0, PIXELS_START);
    text.forEach((keyword, value) -> file.writeBytes(chunk(keyword, value)));
    file.write(pixels, PIXELS_START, pixels.length - PIXELS_START);
    return file.toByteArray();
  }

  /**
   * Writes the picture alone, whole or not at all.
   *
   * @throws CurrywurstException if the file cannot be written; what was there before is still there
   */
  public static void write(Image image, Path file) {
    write(image, Map.of(), file);
  }

  /**
   * Writes the picture with text, whole or not at all.
   *
   * @throws CurrywurstException if the file cannot be written; what was there before is still there
   */
  public static void write(Image image, Map<String, String> text, Path file) {
    AtomicFile.write(file, encode(image, text));
  }

  /**
   * All text of a PNG file, in its order, {@code zTXt} included.
   *
   * @throws CurrywurstException if the file cannot be read, is not a PNG picture or is damaged
   */
  public static Map<String, String> text(Path file) {
    try {
      return text(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /**
   * All text of a PNG picture in memory.
   *
   * @param name what error messages call it
   * @throws CurrywurstException as {@link #text(Path)}
   */
  public static Map<String, String> text(byte[] file, String name) {
    if (ImageFormat.sniff(file).orElse(ImageFormat.BMP) != ImageFormat.PNG) {
      throw new CurrywurstException(name + " is not a PNG picture.");
    }
    try {
      PngChunks chunks = PngChunks.of(file);
      Map<String, String> text = new LinkedHashMap<>();
      for (PngChunks.Chunk chunk : chunks.list()) {
        switch (chunk.type()) {
          case PLAIN, COMPRESSED, INTERNATIONAL ->
              PngText.read(chunk.type(), chunks.data(chunk))
                  .ifPresent(t -> text.put(t.keyword(), t.text()));
          default -> {
            // Pixels and what belongs to them.
          }
        }
      }
      return text;
    } catch (IOException e) {
      throw new CurrywurstException(name + " is a damaged PNG picture: " + e.getMessage() + ".", e);
    }
  }

  private static byte[] chunk(String keyword, String value) {
    if (keyword.isEmpty()
        || keyword.length() > MAX_KEYWORD
        || !keyword.equals(keyword.strip())
        || !keyword.chars().allMatch(c -> (c >= 0x20 && c < 0x7f) || (c > 0xa0 && c <= 0xff))) {
      throw new IllegalArgumentException("a PNG file cannot hold the keyword \"" + keyword + "\"");
    }
    String text = value.replace('\0', '\ufffd');
    boolean latin = text.chars().allMatch(c -> c <= 0xff);
    Charset charset = latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
    byte[] name = keyword.getBytes(StandardCharsets.ISO_8859_1);
    byte[] content = text.getBytes(charset);
    // After the keyword's NUL, iTXt has: not compressed, method, no language, no translated
    // keyword.
    int separator = latin ? 1 : 5;
    int length = name.length + separator + content.length;
    ByteBuffer chunk = ByteBuffer.allocate(12 + length);
    chunk.putInt(length);
    chunk.put((latin ? PLAIN : INTERNATIONAL).getBytes(StandardCharsets.ISO_8859_1));
    chunk.put(name).put(new byte[separator]).put(content);
    chunk.putInt(PngChunks.checksum(chunk.array(), 4, 4 + length));
    return chunk.array();
  }
}
