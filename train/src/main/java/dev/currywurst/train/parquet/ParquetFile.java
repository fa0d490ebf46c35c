package dev.currywurst.train.parquet;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.parquet.VersionParser;
import org.apache.parquet.VersionParser.ParsedVersion;
import org.apache.parquet.VersionParser.VersionParseException;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReaderImpl;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.jspecify.annotations.Nullable;

/**
 * A Parquet file, of which single columns are read: those that are not asked for cost nothing. For
 * any number of threads. The file is opened for each reading, so that thousands may be at hand.
 */
public final class ParquetFile {
  private final Path file;
  private final Footer footer;
  private final @Nullable ParsedVersion writer;

  /** Headers of pages, by row group and column. */
  private final Map<List<Integer>, ChunkPages> pages = new ConcurrentHashMap<>();

  private ParquetFile(Path file, Footer footer) {
    this.file = file;
    this.footer = footer;
    this.writer = parsed(footer.writer());
  }

  /** Old writers made mistakes that the library corrects when it knows them. */
  private static @Nullable ParsedVersion parsed(String writer) {
    try {
      return VersionParser.parse(writer);
    } catch (VersionParseException | RuntimeException e) {
      return null;
    }
  }

  /**
   * Reads what a file says about itself.
   *
   * @throws CurrywurstException if it is missing, truncated or no Parquet file
   */
  public static ParquetFile open(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new ParquetFile(file, Footer.read(channel));
    } catch (NoSuchFileException e) {
      throw new CurrywurstException(file + " does not exist.", e);
    } catch (IOException | RuntimeException e) {
      throw unreadable(file, e);
    }
  }

  private static CurrywurstException unreadable(Path file, Exception e) {
    Throwable cause = e;
    while (!(cause instanceof IOException) && cause.getCause() != null) {
      cause = cause.getCause();
    }
    boolean told = cause instanceof IOException && cause.getMessage() != null;
    return new CurrywurstException(
        file
            + " cannot be read as Parquet: "
            + (told ? cause.getMessage() : "its content makes no sense")
            + ".",
        e);
  }

  /** The number of rows. */
  public long rows() {
    return footer.rows();
  }

  /** All columns that hold values; the names of nested ones are joined by dots. */
  public List<String> columns() {
    return footer.schema().getColumns().stream()
        .map(column -> String.join(".", column.getPath()))
        .toList();
  }

  /** Whether a row may hold several values of a column. */
  public boolean isList(String column) {
    return footer.schema().getColumns().get(number(column)).getMaxRepetitionLevel() > 0;
  }

  /** The column of this name, or the only one below it: a list's elements, say. */
  public Optional<String> leaf(String name) {
    List<String> columns = columns();
    if (columns.contains(name)) {
      return Optional.of(name);
    }
    List<String> below = columns.stream().filter(c -> c.startsWith(name + ".")).toList();
    return below.size() == 1 ? Optional.of(below.get(0)) : Optional.empty();
  }

  /** What a column holds for a row. */
  public interface Row {
    /**
     * Takes the values of the next row.
     *
     * @param values none where the row has none, several where the column is a list
     */
    void accept(List<byte[]> values);
  }

  /**
   * Reads a column of bytes or texts.
   *
   * @throws CurrywurstException if there is no such column, it holds something else, or the file is
   *     damaged
   */
  public void bytes(String column, Row rows) {
    int number = number(column);
    require(column, number, PrimitiveKind.BYTES);
    for (int group = 0; group < footer.groups().size(); group++) {
      read(group, number, reader -> reader.getBinary().getBytes(), rows::accept);
    }
  }

  /**
   * Reads a column of numbers, NaN where there is none.
   *
   * @throws CurrywurstException as {@link #bytes}
   */
  public double[] numbers(String column) {
    int number = number(column);
    PrimitiveKind kind = require(column, number, PrimitiveKind.DOUBLE);
    List<Double> numbers = new ArrayList<>();
    for (int group = 0; group < footer.groups().size(); group++) {
      read(
          group,
          number,
          reader ->
              switch (kind) {
                case INT -> (double) reader.getInteger();
                case LONG -> (double) reader.getLong();
                case FLOAT -> (double) reader.getFloat();
                default -> reader.getDouble();
              },
          values -> numbers.add(values.isEmpty() ? Double.NaN : values.get(0)));
    }
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * The bytes that a column without lists holds for one row; empty where it holds none. Reads one
   * page.
   *
   * @throws CurrywurstException as {@link #bytes}
   */
  public byte @Nullable [] bytes(String column, long row) {
    int number = number(column);
    require(column, number, PrimitiveKind.BYTES);
    ColumnDescriptor descriptor = footer.schema().getColumns().get(number);
    if (descriptor.getMaxRepetitionLevel() > 0 || row < 0 || row >= rows()) {
      throw new IllegalArgumentException("row " + row + " of " + column);
    }
    long first = 0;
    int group = 0;
    while (row >= first + footer.groups().get(group).getNum_rows()) {
      first += footer.groups().get(group++).getNum_rows();
    }
    long place = row - first;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ChunkPages chunk = pages(channel, group, number);
      for (ChunkPages.Location page : chunk.data()) {
        if (place < page.first() + page.values()) {
          ColumnReader reader = reader(channel, descriptor, chunk, List.of(page));
          for (long before = page.first(); before < place; before++) {
            if (reader.getCurrentDefinitionLevel() == descriptor.getMaxDefinitionLevel()) {
              reader.skip();
            }
            reader.consume();
          }
          return reader.getCurrentDefinitionLevel() == descriptor.getMaxDefinitionLevel()
              ? reader.getBinary().getBytes()
              : null;
        }
      }
      throw new IOException("a column has too few values");
    } catch (IOException | RuntimeException e) {
      throw unreadable(file, e);
    }
  }

  private int number(String column) {
    int number = columns().indexOf(column);
    if (number < 0) {
      throw new CurrywurstException(
          "%s has no column %s, but %s.".formatted(file, column, String.join(", ", columns())));
    }
    return number;
  }

  private enum PrimitiveKind {
    BYTES,
    INT,
    LONG,
    FLOAT,
    DOUBLE,
    OTHER
  }

  private PrimitiveKind require(String column, int number, PrimitiveKind wanted) {
    PrimitiveKind kind =
        switch (footer
            .schema()
            .getColumns()
            .get(number)
            .getPrimitiveType()
            .getPrimitiveTypeName()) {
          case BINARY, FIXED_LEN_BYTE_ARRAY -> PrimitiveKind.BYTES;
          case INT32 -> PrimitiveKind.INT;
          case INT64 -> PrimitiveKind.LONG;
          case FLOAT -> PrimitiveKind.FLOAT;
          case DOUBLE -> PrimitiveKind.DOUBLE;
          case BOOLEAN, INT96 -> PrimitiveKind.OTHER;
        };
    boolean bytes = kind == PrimitiveKind.BYTES;
    if (kind == PrimitiveKind.OTHER || bytes != (wanted == PrimitiveKind.BYTES)) {
      throw new CurrywurstException(
          "%s has no %s in its column %s."
              .formatted(
                  file, wanted == PrimitiveKind.BYTES ? "text or bytes" : "numbers", column));
    }
    return kind;
  }

  private interface Value<T> {
    T of(ColumnReader reader);
  }

  private interface Values<T> {
    void accept(List<T> values);
  }

  private <T> void read(int group, int column, Value<T> value, Values<T> rows) {
    ColumnDescriptor descriptor = footer.schema().getColumns().get(column);
    RowGroup chunkOf = footer.groups().get(group);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ChunkPages chunk = pages(channel, group, column);
      ColumnReader reader = reader(channel, descriptor, chunk, chunk.data());
      List<T> values = new ArrayList<>();
      long count = chunk.values();
      long seen = 0;
      for (long i = 0; i < count; i++) {
        if (reader.getCurrentRepetitionLevel() == 0 && i > 0) {
          rows.accept(values);
          values = new ArrayList<>();
          seen++;
        }
        if (reader.getCurrentDefinitionLevel() == descriptor.getMaxDefinitionLevel()) {
          values.add(value.of(reader));
        }
        reader.consume();
      }
      if (count > 0) {
        rows.accept(values);
        seen++;
      }
      if (seen != chunkOf.getNum_rows()) {
        throw new IOException(
            "a row group declares " + chunkOf.getNum_rows() + " rows and has " + seen);
      }
    } catch (CurrywurstException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The library meets damage with whatever exception its decoding runs into.
      throw unreadable(file, e);
    }
  }

  private ChunkPages pages(FileChannel channel, int group, int column) throws IOException {
    List<Integer> key = Arrays.asList(group, column);
    ChunkPages known = pages.get(key);
    if (known == null) {
      ColumnMetaData chunk = footer.groups().get(group).getColumns().get(column).getMeta_data();
      known = ChunkPages.read(channel, chunk);
      pages.put(key, known);
    }
    return known;
  }

  private ColumnReader reader(
      FileChannel channel,
      ColumnDescriptor descriptor,
      ChunkPages chunk,
      List<ChunkPages.Location> some) {
    return new ColumnReaderImpl(
        descriptor, new Pages(channel, chunk, some), new Unconverted(), writer);
  }

  /** Values are asked for one by one and not pushed. */
  private static final class Unconverted extends PrimitiveConverter {}

  /** Some pages of a chunk, as the library asks for them. */
  private static final class Pages implements PageReader {
    private final FileChannel channel;
    private final ChunkPages chunk;
    private final List<ChunkPages.Location> some;
    private int next;

    Pages(FileChannel channel, ChunkPages chunk, List<ChunkPages.Location> some) {
      this.channel = channel;
      this.chunk = chunk;
      this.some = some;
    }

    @Override
    public @Nullable DictionaryPage readDictionaryPage() {
      try {
        return chunk.readDictionary(channel);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public long getTotalValueCount() {
      return ChunkPages.values(some);
    }

    @Override
    public @Nullable DataPage readPage() {
      try {
        return next < some.size() ? chunk.readPage(channel, some.get(next++)) : null;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
