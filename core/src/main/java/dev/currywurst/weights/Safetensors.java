package dev.currywurst.weights;

import dev.currywurst.weights.SafetensorsHeader.Placed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One safetensors file, memory-mapped: opening reads only its header, tensors share the mapped
 * bytes. Files may be of any size, single tensors up to 2 GB.
 */
public final class Safetensors implements WeightFile {
  private final Path file;
  private final SafetensorsHeader header;
  private final MappedRanges mapped;
  private final Version version;

  /** Tells a file from another that was moved into its place. */
  private record Version(FileTime modified, long size, @Nullable Object key) {
    static Version of(Path file) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
      } catch (IOException e) {
        throw Refusal.io(file, e);
      }
    }
  }

  private Safetensors(Path file, SafetensorsHeader header, MappedRanges mapped, Version version) {
    this.file = file;
    this.version = version;
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
    Version version = Version.of(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      SafetensorsHeader header = SafetensorsHeader.read(file, channel);
      MappedRanges mapped = MappedRanges.map(channel, header.ranges());
      return new Safetensors(file, header, mapped, version);
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

  @Override
  public void read(String name, ByteBuffer target) {
    Placed placed = placed(name);
    if (!Version.of(file).equals(version)) {
      target.put(bytes(name)); // The mapped bytes are still those of the file that was opened.
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long position = placed.range().offset();
      while (target.hasRemaining()) {
        int count = channel.read(target, position);
        if (count < 0) {
          throw Refusal.of(file, "it was cut short after it was opened");
        }
        position += count;
      }
    } catch (IOException e) {
      throw Refusal.io(file, e);
    }
  }

  private Placed placed(String name) {
    Placed placed = header.tensors().get(name);
    if (placed == null) {
      throw Refusal.noTensor(file, name);
    }
    return placed;
  }
}
