package dev.currywurst.weights;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Named tensors in one or several files. Opening reads and checks the names, types and shapes;
 * elements are memory-mapped, so they cost nothing until they are used.
 *
 * <p>There is nothing to close: files are mapped when they are opened, and unmapped after this
 * object and all its tensors are gone. A file that was replaced meanwhile (as this project writes
 * files: beside, then moved) goes on being read as it was. A file that another program cuts short
 * in place cannot be protected against.
 */
public sealed interface WeightFile
    permits Safetensors, ShardedWeights, TorchCheckpoint, RenamedWeights {

  /**
   * What the file says about one tensor.
   *
   * @param name the full name, such as {@code blocks.0.attention.to_q.weight}
   * @param shape the extents, outermost first; empty for a scalar
   * @param bytes the size of its elements, row-major and packed
   */
  record Entry(String name, StoredType type, List<Long> shape, long bytes) {
    public Entry {
      shape = List.copyOf(shape);
    }

    /** The shape as the tensor package takes it. */
    public long[] dims() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /**
   * Opens a weight file of any kind: {@code *.index.json} as shards, {@code *.safetensors}, {@code
   * *.pt} and its like, and others by their first bytes.
   *
   * @throws CurrywurstException if it is missing, broken, cut short or of another kind
   */
  static WeightFile open(Path file) {
    String name = file.toString();
    if (name.endsWith(".index.json")) {
      return ShardedWeights.open(file);
    }
    if (name.endsWith(".safetensors")) {
      return Safetensors.open(file);
    }
    return TorchCheckpoint.isOne(file) ? TorchCheckpoint.open(file) : Safetensors.open(file);
  }

  /**
   * Opens the weights in a folder as transformers writes it: safetensors before PyTorch's, one file
   * before shards.
   *
   * @param kind of model, such as "a CLIP", for the message
   * @throws CurrywurstException if there are none, or as {@link #open}
   */
  static WeightFile ofFolder(Path folder, String kind) {
    return Stream.of("model.safetensors", "pytorch_model.bin")
        .flatMap(name -> Stream.of(name, name + ".index.json"))
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .map(WeightFile::open)
        .orElseThrow(
            () ->
                new CurrywurstException(
                    "%s has no weights of %s, such as model.safetensors; give the folder of one."
                        .formatted(folder, kind)));
  }

  /** The file that was opened, for messages. */
  Path path();

  /** All names, in the order of the file. */
  Set<String> names();

  /** The file's own remarks; empty for kinds that have none. */
  Map<String, String> metadata();

  /**
   * Type and shape of one tensor, without touching its elements.
   *
   * @throws CurrywurstException if there is no tensor of that name
   */
  Entry entry(String name);

  /**
   * The elements of one tensor, row-major, as a read-only direct buffer over the mapped file. Only
   * tensors that a checkpoint stores with gaps or transposed are copied.
   *
   * @throws CurrywurstException if there is no tensor of that name, or it is larger than 2 GB
   */
  ByteBuffer bytes(String name);

  /**
   * The tensor of that name on the CPU, owned by the open scope. It shares the mapped file, which
   * stays mapped as long as the tensor or a view of it: copy it before changing it in place.
   * Elements that do not lie on a multiple of their size, which some processors cannot load, are
   * copied.
   *
   * @throws CurrywurstException if there is no tensor of that name, or the engine does not compute
   *     with its type
   */
  default Tensor tensor(String name) {
    DType dtype = dtype(name);
    return Tensor.wrap(aligned(bytes(name), dtype), dtype, entry(name).dims());
  }

  /**
   * As {@link #tensor}, but in memory of its own, which goes when the tensor is closed.
   *
   * @throws CurrywurstException if there is no tensor of that name, or the engine does not compute
   *     with its type, or the file cannot be read any more
   */
  default Tensor copy(String name) {
    Tensor tensor = Tensor.empty(dtype(name), entry(name).dims());
    read(name, tensor.bytes());
    return tensor;
  }

  /**
   * Reads the elements of one tensor, row-major, into {@code target}, whose room is their size.
   *
   * @throws CurrywurstException if there is no tensor of that name, or the file cannot be read any
   *     more
   */
  default void read(String name, ByteBuffer target) {
    target.put(bytes(name));
  }

  private DType dtype(String name) {
    StoredType type = entry(name).type();
    return type.dtype()
        .orElseThrow(
            () ->
                Refusal.of(
                    path(),
                    "tensor "
                        + Printable.quoted(name)
                        + " is stored as "
                        + type
                        + ", which Currywurst does not compute with; convert the file to BF16"
                        + " or F32 first"));
  }

  /** True if names begin with {@code prefix} and a dot. */
  default boolean hasSection(String prefix) {
    return names().stream().anyMatch(name -> name.startsWith(prefix + "."));
  }

  /**
   * The tensors below {@code prefix} and a dot, under the rest of their names: {@code
   * section("ema_state_dict")} of a checkpoint is that dictionary.
   *
   * @throws CurrywurstException if there are none
   */
  default WeightFile section(String prefix) {
    return RenamedWeights.section(this, prefix);
  }

  /** The same without the tensors of some names. Nothing is copied. */
  default WeightFile without(Predicate<String> left) {
    return RenamedWeights.without(this, left);
  }

  private static ByteBuffer aligned(ByteBuffer bytes, DType dtype) {
    if (bytes.alignmentOffset(0, dtype.bytes()) == 0) {
      return bytes;
    }
    return ByteBuffer.allocateDirect(bytes.remaining())
        .put(bytes)
        .flip()
        .order(ByteOrder.nativeOrder());
  }
}
