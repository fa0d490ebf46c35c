package dev.currywurst.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.WeightFile.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes safetensors files, byte for byte as the reference library does: the types of larger
 * alignment first, then by name; the header padded with spaces to eight bytes. Tensors go to the
 * disk one by one, and the file appears whole or not at all, so it may replace the very file its
 * tensors are mapped from.
 */
public final class SafetensorsWriter {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          // As the reference's JSON library writes control characters.
          .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
          .build();

  private static final Comparator<Entry> REFERENCE_ORDER =
      Comparator.comparing(Entry::type)
          .reversed()
          .thenComparing(
              entry -> entry.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  /** Writes the elements of one tensor. */
  private interface Elements {
    void write(Entry entry, WritableByteChannel channel) throws IOException;
  }

  private SafetensorsWriter() {}

  /** Writes {@code tensors} with no metadata but the usual {@code format: pt}. */
  public static void write(Path target, Map<String, Tensor> tensors) {
    write(target, tensors, Map.of());
  }

  /**
   * Writes tensors of any device and layout.
   *
   * @param metadata remarks for the file's readers; {@code format: pt}, which Python libraries ask
   *     for, is added unless it gives another format
   * @throws CurrywurstException if the file cannot be written; a file of that name is then left as
   *     it was
   */
  public static void write(Path target, Map<String, Tensor> tensors, Map<String, String> metadata) {
    AtomicFile.write(target, content(target, tensors, metadata));
  }

  /**
   * The bytes of such a file, for those who write it in their own way.
   *
   * @param target for messages alone
   */
  public static AtomicFile.Content content(Path target, Map<String, Tensor> tensors) {
    return content(target, tensors, Map.of());
  }

  private static AtomicFile.Content content(
      Path target, Map<String, Tensor> tensors, Map<String, String> metadata) {
    List<Entry> entries =
        tensors.entrySet().stream().map(e -> entry(e.getKey(), e.getValue())).toList();
    return content(
        target,
        entries,
        metadata,
        (entry, channel) -> {
          // Copies from other devices live no longer than one tensor.
          try (Scope scope = Scope.open()) {
            Tensor tensor = tensors.get(entry.name()).to(Device.CPU).contiguous();
            writeFully(channel, tensor.bytes());
          }
        });
  }

  /**
   * Copies all tensors of {@code source}, of whatever kind it is, without loading them.
   *
   * @throws CurrywurstException as above
   */
  public static void write(Path target, WeightFile source, Map<String, String> metadata) {
    List<Entry> entries = source.names().stream().map(source::entry).toList();
    write(
        target,
        entries,
        metadata,
        (entry, channel) -> writeFully(channel, source.bytes(entry.name())));
  }

  /**
   * Copies all tensors of {@code source} in the types that they have there, some of them changed.
   * One tensor at a time is in memory, however large the file.
   *
   * @throws CurrywurstException as above, or if the change is of weights that the file lacks
   */
  public static void write(
      Path target, WeightFile source, WeightChange change, Map<String, String> metadata) {
    Map<String, String> changed = new LinkedHashMap<>();
    change
        .names()
        .forEach(name -> changed.put(WeightSource.storedName(source.names(), name), name));
    Set<String> absent = new LinkedHashSet<>(changed.keySet());
    absent.removeAll(source.names());
    if (!absent.isEmpty()) {
      throw WeightSource.misfit(change, source, absent);
    }
    List<Entry> entries = source.names().stream().map(source::entry).toList();
    write(
        target,
        entries,
        metadata,
        (entry, channel) -> {
          String name = changed.get(entry.name());
          if (name == null) {
            writeFully(channel, source.bytes(entry.name()));
            return;
          }
          try (Scope scope = Scope.open()) {
            Tensor stored = source.tensor(entry.name());
            Tensor made = change.apply(name, stored.to(DType.FLOAT32)).to(stored.dtype());
            writeFully(channel, made.contiguous().bytes());
          }
        });
  }

  private static Entry entry(String name, Tensor tensor) {
    StoredType type = StoredType.of(tensor.dtype());
    List<Long> shape = Arrays.stream(tensor.shape()).boxed().toList();
    return new Entry(name, type, shape, tensor.elements() * tensor.dtype().bytes());
  }

  private static void write(
      Path target, Collection<Entry> entries, Map<String, String> metadata, Elements elements) {
    AtomicFile.write(target, content(target, entries, metadata, elements));
  }

  private static AtomicFile.Content content(
      Path target, Collection<Entry> entries, Map<String, String> metadata, Elements elements) {
    List<Entry> sorted = entries.stream().sorted(REFERENCE_ORDER).toList();
    for (Entry entry : sorted) {
      checkWritable(target, entry);
    }
    byte[] header = header(sorted, withFormat(metadata));
    if (header.length > SafetensorsHeader.LONGEST) {
      throw new CurrywurstException(
          "Cannot write %s: its header would have %d bytes, and safetensors allows %d."
              .formatted(target, header.length, SafetensorsHeader.LONGEST));
    }
    return channel -> {
      writeFully(
          channel,
          ByteBuffer.allocate(8 + header.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(header.length)
              .put(header)
              .flip());
      for (Entry entry : sorted) {
        elements.write(entry, channel);
      }
    };
  }

  private static void checkWritable(Path target, Entry entry) {
    String tensor = "tensor " + Printable.quoted(entry.name());
    if (entry.bytes() > MappedRanges.LONGEST) {
      throw new CurrywurstException(
          "Cannot write %s: %s has %d bytes, and a single tensor can have at most %d."
              .formatted(target, tensor, entry.bytes(), MappedRanges.LONGEST));
    }
    if (entry.name().equals(SafetensorsJson.METADATA)) {
      throw new CurrywurstException(
          "Cannot write %s: %s has the name that safetensors keeps for its metadata."
              .formatted(target, tensor));
    }
  }

  private static Map<String, String> withFormat(Map<String, String> metadata) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("format", "pt");
    all.putAll(new TreeMap<>(metadata));
    return all;
  }

  private static byte[] header(List<Entry> sorted, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> remark : metadata.entrySet()) {
        json.writeStringField(remark.getKey(), remark.getValue());
      }
      json.writeEndObject();
      long offset = 0;
      for (Entry entry : sorted) {
        json.writeObjectFieldStart(entry.name());
        json.writeStringField("dtype", entry.type().name());
        json.writeFieldName("shape");
        json.writeArray(entry.dims(), 0, entry.shape().size());
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, offset + entry.bytes()}, 0, 2);
        json.writeEndObject();
        offset += entry.bytes();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    return bytes.toByteArray();
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
