package dev.currywurst.image;

import dev.currywurst.tensor.CurrywurstException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads PNG, JPEG, GIF, BMP and WebP files of unknown origin: the first frame, turned as its camera
 * was held (Exif), with the numbers Pillow reads.
 *
 * <p>A small file can declare a huge picture, so the size is taken from the header and compared
 * with the limit before anything is decoded. A truncated or damaged file is an error, never a
 * picture that is gray from the middle on.
 *
 * @param maxPixels the largest picture that is decoded, in pixels
 */
public record ImageDecoder(long maxPixels) {
  /** Up to 64 million pixels. */
  public static final ImageDecoder DEFAULT = new ImageDecoder(64_000_000);

  /** No picture within the limit needs more: 16-bit RGBA, not compressed, and metadata. */
  private static final int BYTES_PER_PIXEL = 8;

  private static final long METADATA_BYTES = 64L << 20;

  /**
   * @throws IllegalArgumentException if the limit is not positive or beyond what an array holds
   */
  public ImageDecoder {
    if (maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 4) {
      throw new IllegalArgumentException("a limit of " + maxPixels + " pixels");
    }
  }

  /**
   * Reads a picture and lays it on a colour where it is transparent.
   *
   * @throws CurrywurstException as {@link #read(Path)}
   */
  public Image read(Path file, Rgb background) {
    return read(file).flatten(background);
  }

  /**
   * Reads a picture with its transparency.
   *
   * @throws CurrywurstException if the file is missing, is of another format, is truncated or
   *     damaged, or declares a picture over the limit
   */
  public RgbaImage read(Path file) {
    try {
      long limit = maxPixels * BYTES_PER_PIXEL + METADATA_BYTES;
      if (Files.size(file) > Math.min(limit, Integer.MAX_VALUE - 8)) {
        throw new CurrywurstException(
            file
                + " has "
                + Files.size(file)
                + " bytes, more than a picture of "
                + maxPixels
                + " pixels needs: make it smaller or raise the limit.");
      }
      return decode(Files.readAllBytes(file), file.toString());
    } catch (NoSuchFileException e) {
      throw new CurrywurstException(file + " does not exist.", e);
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Decodes a picture in memory.
   *
   * @param name what error messages call it
   * @throws CurrywurstException as {@link #read(Path)}
   */
  public RgbaImage decode(byte[] file, String name) {
    ImageFormat format =
        ImageFormat.sniff(file)
            .orElseThrow(
                () ->
                    new CurrywurstException(
                        name + " is not a picture in PNG, JPEG, GIF, BMP or WebP format."));
    try {
      return decode(file, name, format);
    } catch (CurrywurstException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      if (endedEarly(e)) {
        throw new CurrywurstException(name + " is a truncated " + format + " picture.", e);
      }
      // ImageIO's plugins meet damage with whatever exception their parsing runs into.
      throw new CurrywurstException(
          name + " is a damaged " + format + " picture: " + reason(e) + ".", e);
    }
  }

  private static boolean endedEarly(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof EOFException) {
        return true;
      }
    }
    return false;
  }

  private static String reason(Exception e) {
    String message = e.getMessage();
    if (!(e instanceof IOException) || message == null || message.isBlank()) {
      return "its data makes no sense";
    }
    return message.lines().findFirst().orElseThrow().replaceAll("[.!\\s]+$", "");
  }

  private RgbaImage decode(byte[] file, String name, ImageFormat format) throws IOException {
    return switch (format) {
      case PNG -> {
        PngChunks chunks = PngChunks.of(file);
        yield orient(pixels(file, name, format), chunks.first("eXIf").orElse(new byte[0]));
      }
      case WEBP -> {
        WebpChunks chunks = WebpChunks.of(file);
        requireLimit(name, chunks.width(), chunks.height());
        yield orient(pixels(chunks.withoutProfile(), name, format), chunks.exif());
      }
      case JPEG -> jpeg(file, name);
      case GIF, BMP -> pixels(file, name, format);
    };
  }

  private static RgbaImage orient(RgbaImage image, byte[] exif) {
    return Orientation.ofExif(exif).apply(image);
  }

  private RgbaImage jpeg(byte[] file, String name) throws IOException {
    JpegHeader header = JpegHeader.of(file);
    RgbaImage image =
        header.components() == 4
            ? withReader(
                header.withoutProfile(),
                name,
                ImageFormat.JPEG,
                reader -> Pixels.ofCmyk(reader.readRaster(0, null), header.ycck()))
            : pixels(header.withoutProfile(), name, ImageFormat.JPEG);
    return orient(image, header.exif());
  }

  private RgbaImage pixels(byte[] file, String name, ImageFormat format) throws IOException {
    return withReader(file, name, format, reader -> Pixels.of(reader.read(0)));
  }

  private interface Decoding {
    RgbaImage decode(ImageReader reader) throws IOException;
  }

  private RgbaImage withReader(byte[] file, String name, ImageFormat format, Decoding decoding)
      throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.readerName());
    if (!readers.hasNext()) {
      throw new CurrywurstException(
          name + " cannot be read: no ImageIO plugin for " + format + " is on the class path.");
    }
    ImageReader reader = readers.next();
    try (ImageInputStream stream = stream(file)) {
      // Metadata is skipped: compressed text in it can be far larger than the file.
      reader.setInput(stream, false, true);
      requireLimit(name, reader.getWidth(0), reader.getHeight(0));
      Damage damage = new Damage();
      reader.addIIOReadWarningListener(damage);
      RgbaImage image = decoding.decode(reader);
      damage.rethrow();
      return image;
    } finally {
      reader.dispose();
    }
  }

  /** In memory, whatever {@link ImageIO#getUseCache()} says: no temporary files. */
  private static ImageInputStream stream(byte[] file) {
    return new MemoryCacheImageInputStream(new ByteArrayInputStream(file));
  }

  private void requireLimit(String name, int width, int height) {
    if ((long) width * height > maxPixels) {
      throw new CurrywurstException(
          name
              + " declares "
              + width
              + "x"
              + height
              + " pixels, more than the limit of "
              + maxPixels
              + ": make it smaller.");
    }
  }
}
