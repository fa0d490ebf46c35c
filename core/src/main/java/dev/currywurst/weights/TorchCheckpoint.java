package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.MappedRanges.Range;
import dev.currywurst.weights.PickleValue.PickledStorage;
import dev.currywurst.weights.PickleValue.PickledTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A file of {@code torch.save} ({@code .pt}, {@code .pth}, {@code .ckpt}, {@code .bin}), in the zip
 * format or the one before PyTorch 1.6. Its pickle is read as a description and never executed.
 *
 * <p>Tensors in nested dictionaries and lists have names like {@code
 * ema_state_dict.blocks.0.depthwise.weight}; {@link #section} gives one of the dictionaries.
 */
public final class TorchCheckpoint implements WeightFile {
  private static final Pattern ENDING = Pattern.compile("(?s).*\\.(pt|pth|ckpt|bin)");
  private static final int ZIP_HEADER = 0x04034b50;

  private final Path file;
  private final Map<String, PickledTensor> tensors;
  private final TorchContent content;
  private final MappedRanges mapped;

  private TorchCheckpoint(
      Path file, Map<String, PickledTensor> tensors, TorchContent content, MappedRanges mapped) {
    this.file = file;
    this.tensors = tensors;
    this.content = content;
    this.mapped = mapped;
  }

  /**
   * Opens and checks a checkpoint.
   *
   * @throws CurrywurstException if it is missing or broken, or its pickle asks for anything but
   *     tensors and plain values
   */
  public static TorchCheckpoint open(Path file) {
    if (Files.isDirectory(file)) {
      throw Refusal.of(file, "it is a folder; name the weight file in it");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      TorchContent content = read(file, channel);
      Map<String, PickledTensor> tensors = PickledNames.of(file, content.value());
      List<Range> ranges = new ArrayList<>();
      for (PickledTensor tensor : tensors.values()) {
        ranges.add(span(file, tensor, content));
      }
      return new TorchCheckpoint(file, tensors, content, MappedRanges.map(channel, ranges));
    } catch (IOException e) {
      throw Refusal.io(file, e);
    }
  }

  /** True if the ending or the first bytes are those of {@code torch.save}, or of a zip archive. */
  static boolean isOne(Path file) {
    if (ENDING.matcher(file.toString()).matches()) {
      return true;
    }
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer head = head(file, channel);
      return isZip(head) || TorchLegacy.isOne(head);
    } catch (IOException e) {
      throw Refusal.io(file, e);
    }
  }

  static boolean isZip(ByteBuffer head) {
    return head.limit() >= 4 && head.getInt(0) == ZIP_HEADER;
  }

  private static ByteBuffer head(Path file, FileChannel channel) throws IOException {
    return FileBytes.read(file, channel, 0, (int) Math.min(channel.size(), 16));
  }

  private static TorchContent read(Path file, FileChannel channel) throws IOException {
    ByteBuffer head = head(file, channel);
    if (isZip(head)) {
      return TorchZip.read(file, channel);
    }
    if (TorchLegacy.isOne(head)) {
      return TorchLegacy.read(file, channel);
    }
    throw Refusal.of(
        file, Refusal.mistaken(head).orElse("it does not begin as a checkpoint of PyTorch does"));
  }

  /** The bytes from a tensor's first element to its last. */
  private static Range span(Path file, PickledTensor tensor, TorchContent content) {
    PickledStorage storage = tensor.storage();
    int size = tensor.type().bits() / 8;
    long start = content.locate(file, storage).offset() + tensor.layout().offset() * size;
    return new Range(start, tensor.layout().span() * size);
  }

  @Override
  public Path path() {
    return file;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public Entry entry(String name) {
    return entry(name, tensor(name, tensors));
  }

  private static Entry entry(String name, PickledTensor tensor) {
    Strided layout = tensor.layout();
    return new Entry(
        name, tensor.type(), layout.shape(), layout.elements() * tensor.type().bits() / 8);
  }

  private PickledTensor tensor(String name, Map<String, PickledTensor> tensors) {
    PickledTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw Refusal.noTensor(file, name);
    }
    return tensor;
  }

  @Override
  public ByteBuffer bytes(String name) {
    PickledTensor tensor = tensor(name, tensors);
    Entry entry = entry(name, tensor);
    Range span = span(file, tensor, content);
    if (Math.max(entry.bytes(), span.length()) > MappedRanges.LONGEST) {
      throw Refusal.tooLarge(file, entry);
    }
    if (entry.bytes() > tensor.storage().bytes()) {
      throw Refusal.of(
          file,
          "tensor "
              + Printable.quoted(name)
              + " repeats its elements; in Python, make it contiguous and save it again");
    }
    ByteBuffer spanned = mapped.slice(span.offset(), span.length());
    return tensor.layout().isContiguous()
        ? spanned
        : tensor.layout().gather(spanned, tensor.type().bits() / 8);
  }
}
