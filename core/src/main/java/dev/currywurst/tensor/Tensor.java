package dev.currywurst.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.PointerConsumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array in native memory. Operations return new tensors that belong to the open
 * {@link Scope}; those whose names end in {@code InPlace} change this one and return it. Views
 * ({@code reshape}, {@code narrow}, {@code permute} ...) share memory, as in PyTorch.
 */
public final class Tensor implements AutoCloseable {
  private final org.bytedeco.pytorch.Tensor raw;
  private @Nullable Scope owner;

  private boolean closed;

  Tensor(org.bytedeco.pytorch.Tensor raw) {
    this.raw = raw;
    Scope.adopt(this);
  }

  // ---- making

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

  public static Tensor scalar(double value) {
    return full(value, DType.FLOAT32);
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
              vector.push_back(part.raw);
            }
            return joiner.join(vector);
          }
        });
  }

  // ---- what it is

  public long[] shape() {
    long[] shape = new long[dims()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = raw.size(i);
    }
    return shape;
  }

  /** The extent of one dimension; negative counts from the last. */
  public long size(int dim) {
    return raw.size(dim);
  }

  public int dims() {
    return (int) raw.dim();
  }

  /** The number of elements. */
  public long elements() {
    return raw.numel();
  }

  public DType dtype() {
    return DType.of(raw.scalar_type());
  }

  public Device device() {
    return raw.is_cuda() ? Device.CUDA : Device.CPU;
  }

  private static long elements(long... shape) {
    long product = 1;
    for (long extent : shape) {
      product = Math.multiplyExact(product, extent);
    }
    return product;
  }

  // ---- out to Java

  /** The value of a tensor with one element. */
  public double item() {
    return Engine.call(raw::item_double);
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
    if (!raw.is_contiguous() || !raw.is_cpu()) {
      throw new IllegalStateException("bytes() needs a contiguous tensor on the CPU");
    }
    int count = Math.toIntExact(elements() * dtype().bytes());
    if (count == 0) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
    }
    try (BytePointer pointer = new BytePointer(raw.data_ptr())) {
      return pointer.capacity(count).asByteBuffer().order(ByteOrder.nativeOrder());
    }
  }

  // ---- type, place, layout

  public Tensor to(DType dtype) {
    return compute(() -> raw.to(dtype.scalarType()));
  }

  public Tensor to(Device device) {
    if (device == device()) {
      return alias();
    }
    return compute(device == Device.CUDA ? raw::cuda : raw::cpu);
  }

  /** A second handle on the same memory, owned by the open scope. */
  public Tensor alias() {
    return compute(() -> new org.bytedeco.pytorch.Tensor(raw));
  }

  public Tensor copy() {
    return compute(raw::clone);
  }

  public Tensor contiguous() {
    return compute(raw::contiguous);
  }

  public Tensor reshape(long... shape) {
    return compute(() -> raw.reshape(shape));
  }

  public Tensor permute(long... dims) {
    return compute(() -> raw.permute(dims));
  }

  /** [B, C, H, W] to [B, H, W, C], contiguous: the layout that all blocks work in. */
  public Tensor channelsLast() {
    return compute(
        () -> {
          try (org.bytedeco.pytorch.Tensor view = raw.permute(0, 2, 3, 1)) {
            return view.contiguous();
          }
        });
  }

  /** [B, H, W, C] to a [B, C, H, W] view, which libtorch knows as channels-last. */
  public Tensor channelsFirst() {
    return permute(0, 3, 1, 2);
  }

  public Tensor transpose(int a, int b) {
    return compute(() -> raw.transpose(a, b));
  }

  public Tensor narrow(int dim, long start, long length) {
    return compute(() -> raw.narrow(dim, start, length));
  }

  public Tensor select(int dim, long index) {
    return compute(() -> raw.select(dim, index));
  }

  public Tensor indexSelect(int dim, Tensor indices) {
    return compute(() -> raw.index_select(dim, indices.raw));
  }

  /** Splits {@code dim} in the middle. */
  public Halves halves(int dim) {
    long half = size(dim) / 2;
    return new Halves(narrow(dim, 0, half), narrow(dim, half, half));
  }

  /** The two halves of a tensor along one dimension. */
  public record Halves(Tensor first, Tensor second) {}

  public Tensor expand(long... shape) {
    return compute(() -> raw.expand(shape));
  }

  public Tensor unsqueeze(int dim) {
    return compute(() -> raw.unsqueeze(dim));
  }

  public Tensor flip(int dim) {
    return compute(() -> raw.flip(dim));
  }

  public Tensor roll(long[] shifts, long... dims) {
    return compute(() -> raw.roll(shifts, dims));
  }

  public Tensor repeatInterleave(long times, int dim) {
    return compute(
        () -> {
          try (LongOptional along = new LongOptional(dim);
              LongOptional size = new LongOptional()) {
            return torch.repeat_interleave(raw, times, along, size);
          }
        });
  }

  // ---- arithmetic

  public Tensor plus(Tensor other) {
    return compute(() -> torch.add(raw, other.raw));
  }

  public Tensor plus(double value) {
    return withScalar(value, s -> torch.add(raw, s));
  }

  public Tensor minus(Tensor other) {
    return compute(() -> torch.subtract(raw, other.raw));
  }

  public Tensor minus(double value) {
    return plus(-value);
  }

  public Tensor times(Tensor other) {
    return compute(() -> torch.mul(raw, other.raw));
  }

  public Tensor times(double value) {
    return withScalar(value, s -> torch.mul(raw, s));
  }

  public Tensor dividedBy(Tensor other) {
    return compute(() -> torch.div(raw, other.raw));
  }

  public Tensor dividedBy(double value) {
    return withScalar(value, s -> torch.div(raw, s));
  }

  /** this + a * b, elementwise, in one pass. */
  public Tensor plusProduct(Tensor a, Tensor b) {
    return compute(() -> torch.addcmul(raw, a.raw, b.raw));
  }

  /** this + weight * (end - this), as {@code torch.lerp}. */
  public Tensor lerp(Tensor end, double weight) {
    return withScalar(weight, s -> torch.lerp(raw, end.raw, s));
  }

  public Tensor plusInPlace(Tensor other) {
    Engine.call(() -> raw.add_(other.raw));
    return this;
  }

  public Tensor plusInPlace(double value) {
    try (Scalar scalar = new Scalar(value)) {
      Engine.call(() -> raw.add_(scalar));
    }
    return this;
  }

  public Tensor timesInPlace(Tensor other) {
    Engine.call(() -> raw.mul_(other.raw));
    return this;
  }

  public Tensor timesInPlace(double value) {
    try (Scalar scalar = new Scalar(value)) {
      Engine.call(() -> raw.mul_(scalar));
    }
    return this;
  }

  /** this + weight * (end - this), as {@code torch.lerp}, into this tensor. */
  public Tensor lerpInPlace(Tensor end, double weight) {
    try (Scalar scalar = new Scalar(weight)) {
      Engine.call(() -> raw.lerp_(end.raw, scalar));
    }
    return this;
  }

  /** this + scale * a * b, elementwise, into this tensor. */
  public Tensor plusProductInPlace(Tensor a, Tensor b, double scale) {
    try (Scalar scalar = new Scalar(scale)) {
      Engine.call(() -> raw.addcmul_(a.raw, b.raw, scalar));
    }
    return this;
  }

  /** this + scale * a / b, elementwise, into this tensor. */
  public Tensor plusQuotientInPlace(Tensor a, Tensor b, double scale) {
    try (Scalar scalar = new Scalar(scale)) {
      Engine.call(() -> raw.addcdiv_(a.raw, b.raw, scalar));
    }
    return this;
  }

  public Tensor fillInPlace(double value) {
    try (Scalar scalar = new Scalar(value)) {
      Engine.call(() -> raw.fill_(scalar));
    }
    return this;
  }

  public Tensor copyInPlace(Tensor source) {
    Engine.call(() -> raw.copy_(source.raw));
    return this;
  }

  public Tensor negate() {
    return compute(raw::neg);
  }

  public Tensor abs() {
    return compute(raw::abs);
  }

  public Tensor square() {
    return compute(raw::square);
  }

  public Tensor sqrt() {
    return compute(raw::sqrt);
  }

  public Tensor reciprocal() {
    return compute(raw::reciprocal);
  }

  public Tensor pow(double exponent) {
    return withScalar(exponent, raw::pow);
  }

  public Tensor exp() {
    return compute(raw::exp);
  }

  public Tensor log() {
    return compute(raw::log);
  }

  public Tensor sin() {
    return compute(raw::sin);
  }

  public Tensor cos() {
    return compute(raw::cos);
  }

  public Tensor sigmoid() {
    return compute(raw::sigmoid);
  }

  public Tensor round() {
    return compute(raw::round);
  }

  public Tensor clamp(double low, double high) {
    return compute(
        () -> {
          try (Scalar min = new Scalar(low);
              Scalar max = new Scalar(high);
              org.bytedeco.pytorch.Tensor floored = raw.clamp_min(min)) {
            return floored.clamp_max(max);
          }
        });
  }

  /** 1 where this is greater than {@code value}, else 0, as bool. */
  public Tensor greaterThan(double value) {
    return withScalar(value, s -> torch.gt(raw, s));
  }

  /** Elementwise choice: {@code then} where this bool tensor is true, else {@code otherwise}. */
  public Tensor choose(Tensor then, Tensor otherwise) {
    return compute(() -> torch.where(raw, then.raw, otherwise.raw));
  }

  public Tensor matmul(Tensor other) {
    return compute(() -> torch.matmul(raw, other.raw));
  }

  public Tensor bmm(Tensor other) {
    return compute(() -> torch.bmm(raw, other.raw));
  }

  // ---- reductions

  public Tensor sum() {
    return compute(raw::sum);
  }

  public Tensor sum(boolean keep, long... dims) {
    return reduced((dtype) -> torch.sum(raw, dims, keep, dtype));
  }

  /** As {@link #sum(boolean, long...)}, accumulated and returned in {@code dtype}. */
  public Tensor sum(DType dtype, boolean keep, long... dims) {
    return compute(
        () -> {
          try (ScalarTypeOptional type = new ScalarTypeOptional(dtype.scalarType())) {
            return torch.sum(raw, dims, keep, type);
          }
        });
  }

  public Tensor mean() {
    return compute(raw::mean);
  }

  public Tensor mean(boolean keep, long... dims) {
    return reduced((dtype) -> torch.mean(raw, dims, keep, dtype));
  }

  private Tensor reduced(
      java.util.function.Function<ScalarTypeOptional, org.bytedeco.pytorch.Tensor> body) {
    return compute(
        () -> {
          try (ScalarTypeOptional same = new ScalarTypeOptional()) {
            return body.apply(same);
          }
        });
  }

  public Tensor min() {
    return compute(raw::min);
  }

  public Tensor max() {
    return compute(raw::max);
  }

  /** Indices of the smallest elements along {@code dim}, int64. */
  public Tensor argmin(int dim) {
    return compute(
        () -> {
          try (LongOptional along = new LongOptional(dim)) {
            return torch.argmin(raw, along, false);
          }
        });
  }

  /** True if no element is NaN or infinite. */
  public boolean allFinite() {
    return Engine.call(
        () -> {
          try (org.bytedeco.pytorch.Tensor finite = torch.isfinite(raw);
              org.bytedeco.pytorch.Tensor all = finite.all()) {
            return all.item_bool();
          }
        });
  }

  // ---- automatic differentiation

  public Tensor requiresGrad(boolean required) {
    Engine.call(() -> raw.set_requires_grad(required));
    return this;
  }

  public boolean requiresGrad() {
    return raw.requires_grad();
  }

  /** The same values, cut from the graph. */
  public Tensor detach() {
    return compute(raw::detach);
  }

  /** Computes gradients of this scalar with respect to all leaves that require them. */
  public void backward() {
    Engine.call(
        () -> {
          raw.backward();
          return true;
        });
  }

  /** As {@link #backward()}, from a gradient of this tensor's own shape. */
  public void backward(Tensor gradient) {
    Engine.call(
        () -> {
          try (BoolOptional retain = new BoolOptional();
              TensorArrayRefOptional inputs = new TensorArrayRefOptional()) {
            raw.backward(gradient.raw, retain, false, inputs);
          }
          return true;
        });
  }

  /** The gradient that {@link #backward} left here, if any. */
  public @Nullable Tensor grad() {
    try (org.bytedeco.pytorch.Tensor grad = raw.grad()) {
      return grad.defined() ? compute(() -> new org.bytedeco.pytorch.Tensor(grad)) : null;
    }
  }

  /** Forgets the gradient and frees it. */
  public void clearGrad() {
    try (org.bytedeco.pytorch.Tensor grad = raw.mutable_grad()) {
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
          raw.set_data(values.raw);
          raw.mutable_grad().put(gradient.raw);
          return true;
        });
  }

  // ---- ownership

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

  /** The binding's tensor, for {@code dev.currywurst.nn} alone. */
  public org.bytedeco.pytorch.Tensor raw() {
    return raw;
  }

  private static Tensor compute(Supplier<org.bytedeco.pytorch.Tensor> nativeCall) {
    return Engine.compute(nativeCall);
  }

  private interface ScalarOp {
    org.bytedeco.pytorch.Tensor apply(Scalar scalar);
  }

  private static Tensor withScalar(double value, ScalarOp op) {
    return compute(
        () -> {
          try (Scalar scalar = new Scalar(value)) {
            return op.apply(scalar);
          }
        });
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
