package dev.currywurst.train.parquet;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/**
 * Where the pages of one column of one row group lie. Their headers are read once; a page's content
 * when it is asked for.
 *
 * @param chunk what the footer says
 * @param dictionary the page of values that others refer to, if there is one
 * @param data the other pages, in order
 */
record ChunkPages(ColumnMetaData chunk, @Nullable Location dictionary, List<Location> data) {
  /** How many values there are, also null ones. */
  long values() {
    return values(data);
  }

  static long values(List<Location> pages) {
    return pages.stream().mapToLong(Location::values).sum();
  }

  /**
   * A page.
   *
   * @param header as read
   * @param offset of what follows the header
   * @param first the first value's place among those of the chunk; for a column without lists, the
   *     first row's
   */
  record Location(PageHeader header, long offset, long first) {
    long values() {
      return header.getType() == PageType.DATA_PAGE_V2
          ? header.getData_page_header_v2().getNum_values()
          : header.getData_page_header().getNum_values();
    }
  }

  /** Where a chunk begins. */
  static long start(ColumnMetaData chunk) {
    long data = chunk.getData_page_offset();
    long dictionary = chunk.isSetDictionary_page_offset() ? chunk.getDictionary_page_offset() : 0;
    return dictionary > 0 ? Math.min(dictionary, data) : data;
  }

  /**
   * Reads all headers.
   *
   * @throws IOException if pages are damaged or do not fill their chunk
   */
  static ChunkPages read(FileChannel channel, ColumnMetaData chunk) throws IOException {
    long offset = start(chunk);
    long end = offset + chunk.getTotal_compressed_size();
    Location dictionary = null;
    List<Location> data = new ArrayList<>();
    long values = 0;
    while (values < chunk.getNum_values()) {
      HeaderInput input = new HeaderInput(channel, offset, end);
      PageHeader header = Util.readPageHeader(input);
      int size = header.getCompressed_page_size();
      if (size < 0 || size > end - input.position()) {
        throw new IOException("a page ends beyond its column");
      }
      Location page = new Location(header, input.position(), values);
      if (header.getType() == PageType.DICTIONARY_PAGE) {
        dictionary = page;
      } else if (header.getType() != PageType.INDEX_PAGE) {
        if (page.values() < 0) {
          throw new IOException("a page declares " + page.values() + " values");
        }
        if (page.values() > 0) { // The library would read on in an empty one.
          data.add(page);
        }
        values += page.values();
      }
      offset = input.position() + size;
    }
    return new ChunkPages(chunk, dictionary, List.copyOf(data));
  }

  /** The page of values that others refer to, or null. */
  @Nullable DictionaryPage readDictionary(FileChannel channel) throws IOException {
    if (dictionary == null) {
      return null;
    }
    PageHeader header = dictionary.header;
    byte[] values =
        Codec.decompress(
            chunk.getCodec(), content(channel, dictionary), header.getUncompressed_page_size());
    return new DictionaryPage(
        BytesInput.from(values),
        header.getDictionary_page_header().getNum_values(),
        encoding(header.getDictionary_page_header().getEncoding()));
  }

  /** A page without its compression. */
  DataPage readPage(FileChannel channel, Location page) throws IOException {
    byte[] content = content(channel, page);
    return page.header.getType() == PageType.DATA_PAGE_V2
        ? version2(page.header, content)
        : version1(page.header, content);
  }

  private DataPage version1(PageHeader header, byte[] content) throws IOException {
    DataPageHeader data = header.getData_page_header();
    int size = header.getUncompressed_page_size();
    return new DataPageV1(
        BytesInput.from(Codec.decompress(chunk.getCodec(), content, size)),
        data.getNum_values(),
        size,
        null,
        encoding(data.getRepetition_level_encoding()),
        encoding(data.getDefinition_level_encoding()),
        encoding(data.getEncoding()));
  }

  /** Levels come first and are never compressed. */
  private DataPage version2(PageHeader header, byte[] content) throws IOException {
    DataPageHeaderV2 data = header.getData_page_header_v2();
    int repetition = data.getRepetition_levels_byte_length();
    int definition = data.getDefinition_levels_byte_length();
    int levels = repetition + definition;
    if (repetition < 0 || definition < 0 || levels < 0 || levels > content.length) {
      throw new IOException("a page declares more levels than it has");
    }
    byte[] values = Arrays.copyOfRange(content, levels, content.length);
    if (!data.isSetIs_compressed() || data.isIs_compressed()) {
      values =
          Codec.decompress(chunk.getCodec(), values, header.getUncompressed_page_size() - levels);
    }
    return DataPageV2.uncompressed(
        data.getNum_rows(),
        data.getNum_nulls(),
        data.getNum_values(),
        BytesInput.from(content, 0, repetition),
        BytesInput.from(content, repetition, definition),
        encoding(data.getEncoding()),
        BytesInput.from(values),
        null);
  }

  private static byte[] content(FileChannel channel, Location page) throws IOException {
    byte[] bytes =
        Footer.bytes(channel, page.offset, page.header.getCompressed_page_size()).array();
    if (page.header.isSetCrc()) {
      CRC32 checksum = new CRC32();
      checksum.update(bytes);
      if ((int) checksum.getValue() != page.header.getCrc()) {
        throw new IOException("the checksum of a page is wrong");
      }
    }
    return bytes;
  }

  private static Encoding encoding(org.apache.parquet.format.Encoding encoding) throws IOException {
    try {
      return Encoding.valueOf(encoding.name());
    } catch (IllegalArgumentException e) {
      throw new IOException("the encoding " + encoding + " is unknown", e);
    }
  }

  /** A page's header is short, so it is read in small pieces; it tells itself where it ends. */
  private static final class HeaderInput extends InputStream {
    private static final int PIECE = 512;

    private final FileChannel channel;
    private final long end;
    private ByteBuffer piece = ByteBuffer.allocate(0);
    private long next;

    HeaderInput(FileChannel channel, long offset, long end) {
      this.channel = channel;
      this.next = offset;
      this.end = end;
    }

    /** Of the byte that is read next. */
    long position() {
      return next - piece.remaining();
    }

    @Override
    public int read() throws IOException {
      if (!piece.hasRemaining()) {
        if (next >= end) {
          return -1;
        }
        int length = (int) Math.min(PIECE, end - next);
        piece = Footer.bytes(channel, next, length);
        next += length;
      }
      return Byte.toUnsignedInt(piece.get());
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int first = read();
      if (first < 0) {
        return -1;
      }
      target[offset] = (byte) first;
      int more = Math.min(length - 1, piece.remaining());
      piece.get(target, offset + 1, more);
      return 1 + more;
    }
  }
}
