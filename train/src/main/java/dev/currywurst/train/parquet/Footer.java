package dev.currywurst.train.parquet;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * The end of a file, which tells what is in it.
 *
 * @param schema all columns
 * @param groups row groups, each with a chunk of every column
 * @param rows of all groups
 * @param writer the program that wrote the file
 */
record Footer(MessageType schema, List<RowGroup> groups, long rows, String writer) {
  private static final String MAGIC = "PAR1";
  private static final String ENCRYPTED = "PARE";

  /** Length and magic number at the very end. */
  private static final int TAIL = 8;

  private static final int DEEPEST = 32;

  /**
   * Reads it.
   *
   * @throws IOException if this is no whole Parquet file
   */
  static Footer read(FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < MAGIC.length() + TAIL) {
      throw new IOException("it is too short for a Parquet file");
    }
    ByteBuffer tail = bytes(channel, size - TAIL, TAIL).order(ByteOrder.LITTLE_ENDIAN);
    byte[] end = new byte[MAGIC.length()];
    tail.get(TAIL - end.length, end);
    String magic = new String(end, StandardCharsets.ISO_8859_1);
    if (magic.equals(ENCRYPTED)) {
      throw new IOException("it is encrypted");
    }
    if (!magic.equals(MAGIC)) {
      throw new IOException("it does not end as a Parquet file does; it may be truncated");
    }
    int length = tail.getInt(0);
    if (length < 0 || length > size - TAIL - MAGIC.length()) {
      throw new IOException("its footer is longer than the file");
    }
    byte[] footer = bytes(channel, size - TAIL - length, length).array();
    FileMetaData data = Util.readFileMetaData(new ByteArrayInputStream(footer));
    Footer read =
        new Footer(
            schema(data.getSchema()),
            List.copyOf(data.getRow_groups()),
            data.getNum_rows(),
            data.isSetCreated_by() ? data.getCreated_by() : "");
    read.requireWithin(size);
    return read;
  }

  /** Bytes of the file, all of them. */
  static ByteBuffer bytes(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new EOFException("it is truncated");
      }
    }
    return bytes.flip();
  }

  private static MessageType schema(List<SchemaElement> elements) throws IOException {
    try {
      Iterator<SchemaElement> all = elements.iterator();
      SchemaElement root = all.next();
      return new MessageType(root.getName(), children(root, all, 0));
    } catch (NoSuchElementException | IllegalArgumentException e) {
      throw new IOException("its schema makes no sense", e);
    }
  }

  private static List<Type> children(SchemaElement parent, Iterator<SchemaElement> all, int depth)
      throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("its columns are nested too deeply");
    }
    List<Type> children = new ArrayList<>();
    for (int i = 0; i < parent.getNum_children(); i++) {
      SchemaElement child = all.next();
      Type.Repetition repetition = Type.Repetition.valueOf(child.getRepetition_type().name());
      children.add(
          child.isSetType()
              ? new PrimitiveType(
                  repetition, primitive(child.getType()), child.getType_length(), child.getName())
              : new GroupType(repetition, child.getName(), children(child, all, depth + 1)));
    }
    return children;
  }

  private static PrimitiveTypeName primitive(org.apache.parquet.format.Type type) {
    return switch (type) {
      case BOOLEAN -> PrimitiveTypeName.BOOLEAN;
      case INT32 -> PrimitiveTypeName.INT32;
      case INT64 -> PrimitiveTypeName.INT64;
      case INT96 -> PrimitiveTypeName.INT96;
      case FLOAT -> PrimitiveTypeName.FLOAT;
      case DOUBLE -> PrimitiveTypeName.DOUBLE;
      case BYTE_ARRAY -> PrimitiveTypeName.BINARY;
      case FIXED_LEN_BYTE_ARRAY -> PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
    };
  }

  /** Nothing is read before it is known to lie in the file. */
  private void requireWithin(long size) throws IOException {
    long counted = 0;
    for (RowGroup group : groups) {
      counted += group.getNum_rows();
      if (group.getNum_rows() < 0 || group.getColumnsSize() != schema.getColumns().size()) {
        throw new IOException("a row group does not fit its schema");
      }
      for (ColumnChunk chunk : group.getColumns()) {
        if (chunk.isSetFile_path() || !chunk.isSetMeta_data()) {
          throw new IOException("its columns lie in other files or are encrypted");
        }
        long start = ChunkPages.start(chunk.getMeta_data());
        long length = chunk.getMeta_data().getTotal_compressed_size();
        if (start < 0 || length < 0 || length > size - start) {
          throw new IOException("a column ends beyond the file; it may be truncated");
        }
      }
    }
    if (counted != rows) {
      throw new IOException("it declares " + rows + " rows and has " + counted);
    }
  }
}
