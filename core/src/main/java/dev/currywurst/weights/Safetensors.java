package dev.currywurst.weights;

import dev.currywurst.weights.SafetensorsHeader.Placed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * One safetensors file, memory-mapped: opening reads only its header, tensors share the mapped
 * bytes. Files may be of any size, single tensors up to 2 GB.
 */
public final class Safetensors implements WeightFile {
  private final Path file;
  private final SafetensorsHeader header;
  private final MappedRanges mapped;

  private Safetensors(Path file, SafetensorsHeader header, MappedRanges mapped) {
    this.file = file;
    this.header = header;
    this.mapped = mapped;
  }

  /**
   * Opens and checks a file.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if it is missing or breaks a rule of the
   *     format
   */
  public static Safetensors open(Path file) {
    if (Files.isDirectory(file)) {
      throw Refusal.of(file, "it is a folder; name the weight file in it");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      SafetensorsHeader header = SafetensorsHeader.read(file, channel);
      return new Safetensors(file, header, MappedRanges.map(channel, header.ranges()));
    } catch (IOException e) {
      throw Refusal.io(file, e);
    }
  }

  @Override
  public Path path() {
    return file;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(header.names());
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata());
  }

  @Override
  public Entry entry(String name) {
    return placed(name).entry();
  }

  @Override
  public ByteBuffer bytes(String name) {
    Placed placed = placed(name);
    if (placed.range().length() > MappedRanges.LONGEST) {
      throw Refusal.tooLarge(file, placed.entry());
    }
    return mapped.slice(placed.range().offset(), placed.range().length());
  }

  private Placed placed(String name) {
    Placed placed = header.tensors().get(name);
    if (placed == null) {
      throw Refusal.noTensor(file, name);
    }
    return placed;
  }
}
