package dev.currywurst.train.parquet;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.snappy.SnappyCompressorInputStream;
import org.apache.parquet.format.CompressionCodec;

/** Takes the compression off a page. */
final class Codec {
  /** A page may be this large, whatever it is compressed to. */
  private static final int HARMLESS = 64 << 20;

  /** Beyond {@link #HARMLESS} a page that swells more than this is a bomb. */
  private static final int MOST_EXPANSION = 200;

  private Codec() {}

  /**
   * The page's bytes.
   *
   * @param size that the file declares
   * @throws IOException if the bytes are damaged, swell beyond reason, or are compressed by a
   *     method that is not read here
   */
  static byte[] decompress(CompressionCodec codec, byte[] page, int size) throws IOException {
    requireReasonable(page.length, size);
    switch (codec) {
      case UNCOMPRESSED -> {
        if (page.length != size) {
          throw new IOException("a page has " + page.length + " bytes and declares " + size);
        }
        return page;
      }
      case ZSTD -> {
        try {
          return exact(Zstd.decompress(page, size), size);
        } catch (ZstdException e) {
          throw new IOException("a page is damaged: " + e.getMessage(), e);
        }
      }
      case SNAPPY -> {
        return read(new SnappyCompressorInputStream(new ByteArrayInputStream(page)), size);
      }
      case GZIP -> {
        return read(new GZIPInputStream(new ByteArrayInputStream(page)), size);
      }
      default ->
          throw new IOException(
              "it is compressed by "
                  + codec
                  + "; write it again with snappy, zstd, gzip or no compression");
    }
  }

  /** Refuses a page that would fill the memory. */
  private static void requireReasonable(int compressed, int size) throws IOException {
    if (size < 0 || (size > HARMLESS && size / MOST_EXPANSION > compressed)) {
      throw new IOException(
          "a page of " + compressed + " bytes declares " + size + " without compression");
    }
  }

  private static byte[] read(InputStream stream, int size) throws IOException {
    try (stream) {
      byte[] bytes = exact(stream.readNBytes(size), size);
      if (stream.read() >= 0) {
        throw new IOException("a page has more bytes than it declares");
      }
      return bytes;
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new IOException("a page is damaged: " + e.getMessage(), e);
    }
  }

  private static byte[] exact(byte[] bytes, int size) throws IOException {
    if (bytes.length != size) {
      throw new IOException("a page has " + bytes.length + " bytes and declares " + size);
    }
    return bytes;
  }
}
