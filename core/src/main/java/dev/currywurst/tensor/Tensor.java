package dev.currywurst.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array in native memory. Operations (most are in {@link Arithmetic}) return new
 * tensors that belong to the open {@link Scope}; those whose names end in {@code InPlace} change
 * this one and return it. Views ({@code reshape}, {@code narrow}, {@code permute} ...) share
 * memory, as in PyTorch. A tensor that was closed, alone or with its scope, refuses everything.
 */
public final class Tensor implements Arithmetic, AutoCloseable {
  private final org.bytedeco.pytorch.Tensor raw;
  private @Nullable Scope owner;
  private boolean closed;

  Tensor(org.bytedeco.pytorch.Tensor raw) {
    this.raw = raw;
    Scope.adopt(this);
  }

  /** A float32 tensor with the given values, row-major. */
  public static Tensor of(float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(values.length * 4).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(values);
    return copyOf(bytes, DType.FLOAT32, shape);
  }

  /** An int64 tensor with the given values, row-major. */
  public static Tensor of(long[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(values.length * 8).order(ByteOrder.nativeOrder());
    bytes.asLongBuffer().put(values);
    return copyOf(bytes, DType.INT64, shape);
  }

  private static Tensor copyOf(ByteBuffer bytes, DType dtype, long... shape) {
    return Scope.tidy(() -> wrap(bytes, dtype, shape).copy());
  }

  /**
   * The elements in {@code bytes} (a direct buffer in native order, from its position to its limit)
   * as a tensor, without a copy. The buffer stays reachable until this tensor, all views of it and
   * all other handles on its memory are closed.
   */
  public static Tensor wrap(ByteBuffer bytes, DType dtype, long... shape) {
    long expected = Math.multiplyExact(elements(shape), dtype.bytes());
    if (!bytes.isDirect() || bytes.remaining() != expected) {
      throw new IllegalArgumentException(
          "%s%s needs a direct buffer of %d bytes, not %d"
              .formatted(dtype, Arrays.toString(shape), expected, bytes.remaining()));
    }
    if (expected == 0) {
      return zeros(dtype, shape);
    }
    ByteBuffer slice = bytes.slice();
    return Engine.compute(
        () -> {
          try (BytePointer pointer = new BytePointer(slice);
              TensorOptions options = new TensorOptions(dtype.scalarType())) {
            PointerConsumer release = BorrowedMemory.lend(pointer.address(), slice);
            return torch.from_blob(new Pointer(pointer), shape, release, options);
          }
        });
  }

  /** Whatever lies in the memory: to be written before it is read. */
  public static Tensor empty(DType dtype, long... shape) {
    return make(
        dtype,
        options -> {
          try (MemoryFormatOptional contiguous = new MemoryFormatOptional()) {
            return torch.empty(shape, options, contiguous);
          }
        });
  }

  public static Tensor zeros(DType dtype, long... shape) {
    return make(dtype, options -> torch.zeros(shape, options));
  }

  public static Tensor full(double value, DType dtype, long... shape) {
    return make(
        dtype,
        options -> {
          try (Scalar scalar = new Scalar(value)) {
            return torch.full(shape, scalar, options);
          }
        });
  }

  /** 0, 1 ... count - 1 as float32. */
  public static Tensor range(long count) {
    return make(
        DType.FLOAT32,
        options -> {
          try (Scalar end = new Scalar(count)) {
            return torch.arange(end, options);
          }
        });
  }

  /**
   * {@code count} equally spaced float32 values from {@code start} to {@code end}, both included,
   * to the bit as {@code torch.linspace} rounds them on this processor.
   */
  public static Tensor linspace(double start, double end, long count) {
    return make(
        DType.FLOAT32,
        options -> {
          try (Scalar first = new Scalar(start);
              Scalar last = new Scalar(end)) {
            return torch.linspace(first, last, count, options);
          }
        });
  }

  private interface Maker {
    org.bytedeco.pytorch.Tensor make(TensorOptions options);
  }

  private static Tensor make(DType dtype, Maker maker) {
    return Engine.compute(
        () -> {
          try (TensorOptions options = new TensorOptions(dtype.scalarType())) {
            return maker.make(options);
          }
        });
  }

  /** Joins along an existing dimension. */
  public static Tensor cat(List<Tensor> parts, int dim) {
    return joined(parts, vector -> torch.cat(vector, dim));
  }

  /** Joins along a new dimension. */
  public static Tensor stack(List<Tensor> parts, int dim) {
    return joined(parts, vector -> torch.stack(vector, dim));
  }

  private interface Joiner {
    org.bytedeco.pytorch.Tensor join(TensorVector parts);
  }

  private static Tensor joined(List<Tensor> parts, Joiner joiner) {
    return Engine.compute(
        () -> {
          try (TensorVector vector = new TensorVector()) {
            for (Tensor part : parts) {
              vector.push_back(part.raw());
            }
            return joiner.join(vector);
          }
        });
  }

  public long[] shape() {
    long[] shape = new long[dims()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = size(i);
    }
    return shape;
  }

  /**
   * The extent of one dimension; negative counts from the last.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension
   */
  public long size(int dim) {
    int dims = dims();
    if (dim < -dims || dim >= dims) {
      throw new IndexOutOfBoundsException("dimension " + dim + " of a tensor with " + dims);
    }
    return raw().size(dim);
  }

  public int dims() {
    return (int) raw().dim();
  }

  /** The number of elements. */
  public long elements() {
    return raw().numel();
  }

  public DType dtype() {
    return DType.of(raw().scalar_type());
  }

  public Device device() {
    return raw().is_cuda() ? Device.CUDA : Device.CPU;
  }

  private static long elements(long... shape) {
    long product = 1;
    for (long extent : shape) {
      product = Math.multiplyExact(product, extent);
    }
    return product;
  }

  /** The value of a tensor with one element. */
  public double item() {
    return Engine.call(raw()::item_double);
  }

  /** The elements as float32, row-major. */
  public float[] toFloats() {
    try (Scope scope = Scope.open()) {
      float[] values = new float[Math.toIntExact(elements())];
      to(DType.FLOAT32).to(Device.CPU).contiguous().bytes().asFloatBuffer().get(values);
      return values;
    }
  }

  /** The elements as int64, row-major. */
  public long[] toLongs() {
    try (Scope scope = Scope.open()) {
      long[] values = new long[Math.toIntExact(elements())];
      to(DType.INT64).to(Device.CPU).contiguous().bytes().asLongBuffer().get(values);
      return values;
    }
  }

  /**
   * The memory of this contiguous CPU tensor, not a copy: valid as long as the tensor. At most 2
   * GB.
   */
  public ByteBuffer bytes() {
    if (!raw().is_contiguous() || !raw().is_cpu()) {
      throw new IllegalStateException("bytes() needs a contiguous tensor on the CPU");
    }
    int count = Math.toIntExact(elements() * dtype().bytes());
    if (count == 0) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
    }
    try (BytePointer pointer = new BytePointer(raw().data_ptr())) {
      return pointer.capacity(count).asByteBuffer().order(ByteOrder.nativeOrder());
    }
  }

  public Tensor to(DType dtype) {
    return compute(() -> raw().to(dtype.scalarType()));
  }

  public Tensor to(Device device) {
    if (device == device()) {
      return alias();
    }
    return compute(device == Device.CUDA ? raw()::cuda : raw()::cpu);
  }

  /** A second handle on the same memory, owned by the open scope. */
  public Tensor alias() {
    return compute(() -> new org.bytedeco.pytorch.Tensor(raw()));
  }

  public Tensor copy() {
    return compute(raw()::clone);
  }

  public Tensor contiguous() {
    return compute(raw()::contiguous);
  }

  public Tensor reshape(long... shape) {
    return compute(() -> raw().reshape(shape));
  }

  public Tensor permute(long... dims) {
    return compute(() -> raw().permute(dims));
  }

  /** [B, C, H, W] to [B, H, W, C], contiguous: the layout that all blocks work in. */
  public Tensor channelsLast() {
    return compute(
        () -> {
          try (org.bytedeco.pytorch.Tensor view = raw().permute(0, 2, 3, 1)) {
            return view.contiguous();
          }
        });
  }

  /** [B, H, W, C] to a [B, C, H, W] view, which libtorch knows as channels-last. */
  public Tensor channelsFirst() {
    return permute(0, 3, 1, 2);
  }

  public Tensor transpose(int a, int b) {
    return compute(() -> raw().transpose(a, b));
  }

  /**
   * A view of {@code length} elements along {@code dim}, from {@code start} on; of all of them,
   * another handle on this very tensor.
   */
  public Tensor narrow(int dim, long start, long length) {
    if (start == 0 && length == size(dim)) {
      return alias(); // The way back of a part is a copy into zeros, of the whole too.
    }
    return compute(() -> raw().narrow(dim, start, length));
  }

  /** A view without {@code dim}, at one index of it. */
  public Tensor select(int dim, long index) {
    return compute(() -> raw().select(dim, index));
  }

  /** A copy of the slices along {@code dim} that the int64 {@code indices} [n] name. */
  public Tensor indexSelect(int dim, Tensor indices) {
    return compute(() -> raw().index_select(dim, indices.raw()));
  }

  /** A view in which dimensions of extent 1 repeat up to {@code shape}. */
  public Tensor expand(long... shape) {
    return compute(() -> raw().expand(shape));
  }

  /** A view with one more dimension, of extent 1, at {@code dim}. */
  public Tensor unsqueeze(int dim) {
    return compute(() -> raw().unsqueeze(dim));
  }

  public Tensor requiresGrad(boolean required) {
    Engine.call(() -> raw().set_requires_grad(required));
    return this;
  }

  public boolean requiresGrad() {
    return raw().requires_grad();
  }

  /** The same values, cut from the graph. */
  public Tensor detach() {
    return compute(raw()::detach);
  }

  /** Computes gradients of this scalar with respect to all leaves that require them. */
  public void backward() {
    Engine.call(
        () -> {
          raw().backward();
          return true;
        });
  }

  /** As {@link #backward()}, from a gradient of this tensor's own shape. */
  public void backward(Tensor gradient) {
    Engine.call(
        () -> {
          try (BoolOptional retain = new BoolOptional();
              TensorArrayRefOptional inputs = new TensorArrayRefOptional()) {
            raw().backward(gradient.raw(), retain, false, inputs);
          }
          return true;
        });
  }

  /** The gradient that {@link #backward} left here, if any. */
  public @Nullable Tensor grad() {
    try (org.bytedeco.pytorch.Tensor grad = raw().grad()) {
      return grad.defined() ? compute(() -> new org.bytedeco.pytorch.Tensor(grad)) : null;
    }
  }

  /** Forgets the gradient and frees it. */
  public void clearGrad() {
    try (org.bytedeco.pytorch.Tensor grad = raw().mutable_grad()) {
      grad.reset();
    }
  }

  /**
   * Makes this leaf read and write its values and gradient in {@code values} and {@code gradient},
   * which have its shape: all weights of a network can so lie in one flat tensor, and an update of
   * all of them is a few passes over it.
   */
  public void moveInto(Tensor values, Tensor gradient) {
    Engine.call(
        () -> {
          raw().set_data(values.raw());
          raw().mutable_grad().put(gradient.raw());
          return true;
        });
  }

  /**
   * Computes gradients from several tensors at once.
   *
   * @param gradients of each, of its shape
   */
  public static void backward(List<Tensor> roots, List<Tensor> gradients) {
    if (roots.isEmpty()) {
      return;
    }
    Engine.call(
        () -> {
          try (TensorVector from = vector(roots);
              TensorVector slopes = vector(gradients);
              BoolOptional retain = new BoolOptional();
              TensorVector inputs = new TensorVector()) {
            torch.backward(from, slopes, retain, false, inputs);
          }
          return true;
        });
  }

  private static TensorVector vector(List<Tensor> tensors) {
    TensorVector vector = new TensorVector();
    tensors.forEach(tensor -> vector.push_back(tensor.raw()));
    return vector;
  }

  /** Makes {@code gradient} the one that {@link #backward} left here, without a copy. */
  public void startGrad(Tensor gradient) {
    Engine.call(() -> raw().mutable_grad().put(gradient.raw()));
  }

  /** Takes this tensor out of its scope: it lives until {@link #close()}. For weights. */
  public Tensor own() {
    return Scope.release(this);
  }

  @Nullable Scope owner() {
    return owner;
  }

  void setOwner(@Nullable Scope owner) {
    this.owner = owner;
  }

  void free() {
    raw.deallocate();
  }

  /** Frees this handle now; the memory goes with the last handle on it. Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      owner = null;
      free();
      Scope.forget();
    }
  }

  /** The binding's tensor, for {@code dev.currywurst.nn} alone; an error if this was closed. */
  @Override
  public org.bytedeco.pytorch.Tensor raw() {
    if (closed) {
      throw new IllegalStateException("This tensor was closed, alone or with its scope.");
    }
    return raw;
  }

  private static Tensor compute(Supplier<org.bytedeco.pytorch.Tensor> nativeCall) {
    return Engine.compute(nativeCall);
  }

  /** Type, shape and, for up to eight elements, the values. */
  @Override
  public String toString() {
    if (closed) {
      return "closed tensor";
    }
    String head = dtype() + Arrays.toString(shape());
    return elements() <= 8 ? head + " " + Arrays.toString(toFloats()) : head;
  }
}
