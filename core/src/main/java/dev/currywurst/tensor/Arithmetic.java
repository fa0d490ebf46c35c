package dev.currywurst.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What is computed with the elements of a {@link Tensor}: a part of its methods, in a file of their
 * own. Operands broadcast and types are promoted as in PyTorch.
 *
 * <p>Each method returns a new tensor that belongs to the open {@link Scope}, but for those whose
 * names end in {@code InPlace}: they change this tensor and return it.
 *
 * <p>All of them throw {@link EngineException} if shapes or devices do not fit.
 */
public sealed interface Arithmetic permits Tensor {
  /** The binding's tensor. */
  org.bytedeco.pytorch.Tensor raw();

  default Tensor plus(Tensor other) {
    return Engine.compute(() -> torch.add(raw(), other.raw()));
  }

  default Tensor plus(double value) {
    return withScalar(value, s -> torch.add(raw(), s));
  }

  default Tensor minus(Tensor other) {
    return Engine.compute(() -> torch.subtract(raw(), other.raw()));
  }

  default Tensor minus(double value) {
    return plus(-value);
  }

  default Tensor times(Tensor other) {
    return Engine.compute(() -> torch.mul(raw(), other.raw()));
  }

  default Tensor times(double value) {
    return withScalar(value, s -> torch.mul(raw(), s));
  }

  default Tensor dividedBy(Tensor other) {
    return Engine.compute(() -> torch.div(raw(), other.raw()));
  }

  default Tensor dividedBy(double value) {
    return withScalar(value, s -> torch.div(raw(), s));
  }

  /** this + a * b, elementwise, in one pass. */
  default Tensor plusProduct(Tensor a, Tensor b) {
    return Engine.compute(() -> torch.addcmul(raw(), a.raw(), b.raw()));
  }

  /** this + weight * (end - this), as {@code torch.lerp}. */
  default Tensor lerp(Tensor end, double weight) {
    return withScalar(weight, s -> torch.lerp(raw(), end.raw(), s));
  }

  default Tensor plusInPlace(Tensor other) {
    return changed(() -> raw().add_(other.raw()));
  }

  default Tensor plusInPlace(double value) {
    return changed(value, s -> raw().add_(s));
  }

  default Tensor timesInPlace(Tensor other) {
    return changed(() -> raw().mul_(other.raw()));
  }

  default Tensor timesInPlace(double value) {
    return changed(value, s -> raw().mul_(s));
  }

  /** this + weight * (end - this), as {@code torch.lerp}, into this tensor. */
  default Tensor lerpInPlace(Tensor end, double weight) {
    return changed(weight, s -> raw().lerp_(end.raw(), s));
  }

  /** this + scale * a * b, elementwise, into this tensor. */
  default Tensor plusProductInPlace(Tensor a, Tensor b, double scale) {
    return changed(scale, s -> raw().addcmul_(a.raw(), b.raw(), s));
  }

  /** this + scale * a / b, elementwise, into this tensor. */
  default Tensor plusQuotientInPlace(Tensor a, Tensor b, double scale) {
    return changed(scale, s -> raw().addcdiv_(a.raw(), b.raw(), s));
  }

  default Tensor fillInPlace(double value) {
    return changed(value, s -> raw().fill_(s));
  }

  /** The values of {@code source}, of any type and place, into this tensor; shapes broadcast. */
  default Tensor copyInPlace(Tensor source) {
    return changed(() -> raw().copy_(source.raw()));
  }

  default Tensor negate() {
    return Engine.compute(raw()::neg);
  }

  default Tensor abs() {
    return Engine.compute(raw()::abs);
  }

  default Tensor square() {
    return Engine.compute(raw()::square);
  }

  default Tensor sqrt() {
    return Engine.compute(raw()::sqrt);
  }

  /** 1 / sqrt(x). */
  default Tensor rsqrt() {
    return Engine.compute(raw()::rsqrt);
  }

  default Tensor reciprocal() {
    return Engine.compute(raw()::reciprocal);
  }

  default Tensor pow(double exponent) {
    return withScalar(exponent, raw()::pow);
  }

  default Tensor exp() {
    return Engine.compute(raw()::exp);
  }

  default Tensor sin() {
    return Engine.compute(raw()::sin);
  }

  default Tensor cos() {
    return Engine.compute(raw()::cos);
  }

  default Tensor sigmoid() {
    return Engine.compute(raw()::sigmoid);
  }

  /** Each element, moved into [low, high]. */
  default Tensor clamp(double low, double high) {
    return Engine.compute(
        () -> {
          try (Scalar min = new Scalar(low);
              Scalar max = new Scalar(high);
              org.bytedeco.pytorch.Tensor floored = raw().clamp_min(min)) {
            return floored.clamp_max(max);
          }
        });
  }

  /** 1 where this is greater than {@code value}, else 0, as bool. */
  default Tensor greaterThan(double value) {
    return withScalar(value, s -> torch.gt(raw(), s));
  }

  /** Elementwise choice: {@code then} where this bool tensor is true, else {@code otherwise}. */
  default Tensor choose(Tensor then, Tensor otherwise) {
    return Engine.compute(() -> torch.where(raw(), then.raw(), otherwise.raw()));
  }

  /**
   * The matrix product over the last two dimensions, [..., n, k] and [..., k, m] to [..., n, m];
   * those before broadcast.
   */
  default Tensor matmul(Tensor other) {
    return Engine.compute(() -> torch.matmul(raw(), other.raw()));
  }

  /** The matrix products of [b, n, k] and [b, k, m], one for each b: [b, n, m]. */
  default Tensor bmm(Tensor other) {
    return Engine.compute(() -> torch.bmm(raw(), other.raw()));
  }

  /**
   * The singular values of this matrix [n, m], and the vectors to them: this = u · diag(values) ·
   * v, with k = min(n, m) of them, the largest first.
   *
   * @param u [n, k]
   * @param values [k]
   * @param v [k, m]
   */
  record SingularVectors(Tensor u, Tensor values, Tensor v) {}

  /** Decomposes this matrix; all three belong to the open scope. */
  default SingularVectors singularVectors() {
    try (T_TensorTensorTensor_T found =
        Engine.call(
            () -> {
              try (StringViewOptional driver = new StringViewOptional()) {
                return torch.linalg_svd(raw(), false, driver);
              }
            })) {
      // Its tensors are references into it, which ends here.
      return new SingularVectors(
          Engine.compute(() -> new org.bytedeco.pytorch.Tensor(found.get0())),
          Engine.compute(() -> new org.bytedeco.pytorch.Tensor(found.get1())),
          Engine.compute(() -> new org.bytedeco.pytorch.Tensor(found.get2())));
    }
  }

  // ---- parts

  /**
   * Views of these extents along {@code dim}, one after the other. Their gradients are joined in
   * one copy, where those of {@link Tensor#narrow} are each laid into zeros as large as the whole
   * and added up.
   */
  default List<Tensor> split(int dim, long... extents) {
    try (TensorVector parts =
        Engine.call(() -> torch.split_with_sizes(raw(), extents, (long) dim))) {
      List<Tensor> views = new ArrayList<>();
      for (int i = 0; i < extents.length; i++) {
        int index = i;
        views.add(Engine.compute(() -> new org.bytedeco.pytorch.Tensor(parts.get(index))));
      }
      return views;
    }
  }

  /** Splits {@code dim} in the middle. */
  default Halves halves(int dim) {
    long half = raw().size(dim) / 2;
    List<Tensor> both = split(dim, half, half);
    return new Halves(both.get(0), both.get(1));
  }

  /** The two halves of a tensor along one dimension. */
  record Halves(Tensor first, Tensor second) {}

  // ---- reductions

  /** Of all elements, without dimensions. */
  default Tensor sum() {
    return Engine.compute(raw()::sum);
  }

  /** Over {@code dims}, which stay with extent 1 if {@code keep}; in this tensor's type. */
  default Tensor sum(boolean keep, long... dims) {
    return reduced((dtype) -> torch.sum(raw(), dims, keep, dtype));
  }

  /** As {@link #sum(boolean, long...)}, accumulated and returned in {@code dtype}. */
  default Tensor sum(DType dtype, boolean keep, long... dims) {
    return Engine.compute(
        () -> {
          try (ScalarTypeOptional type = new ScalarTypeOptional(dtype.scalarType())) {
            return torch.sum(raw(), dims, keep, type);
          }
        });
  }

  /** Of all elements, without dimensions. */
  default Tensor mean() {
    return Engine.compute(raw()::mean);
  }

  /** Over {@code dims}, which stay with extent 1 if {@code keep}; in this tensor's type. */
  default Tensor mean(boolean keep, long... dims) {
    return reduced((dtype) -> torch.mean(raw(), dims, keep, dtype));
  }

  private Tensor reduced(Function<ScalarTypeOptional, org.bytedeco.pytorch.Tensor> body) {
    return Engine.compute(
        () -> {
          try (ScalarTypeOptional same = new ScalarTypeOptional()) {
            return body.apply(same);
          }
        });
  }

  /** The smallest of all elements, without dimensions. */
  default Tensor min() {
    return Engine.compute(raw()::min);
  }

  /** The largest of all elements, without dimensions. */
  default Tensor max() {
    return Engine.compute(raw()::max);
  }

  /** The largest along {@code dim}, which stays with extent 1. */
  default Tensor max(int dim) {
    return Engine.compute(() -> torch.amax(raw(), new long[] {dim}, true));
  }

  /**
   * For each element how many of the ascending {@code boundaries} [n] are below it: int32, of this
   * tensor's shape.
   */
  default Tensor bucket(Tensor boundaries) {
    return Engine.compute(() -> torch.bucketize(raw(), boundaries.raw(), true, false));
  }

  /** Indices of the smallest elements along {@code dim}, int64. */
  default Tensor argmin(int dim) {
    return Engine.compute(
        () -> {
          try (LongOptional along = new LongOptional(dim)) {
            return torch.argmin(raw(), along, false);
          }
        });
  }

  /** True if no element is NaN or infinite. */
  default boolean allFinite() {
    return Engine.call(
        () -> {
          try (org.bytedeco.pytorch.Tensor finite = torch.isfinite(raw());
              org.bytedeco.pytorch.Tensor all = finite.all()) {
            return all.item_bool();
          }
        });
  }

  private static Tensor withScalar(
      double value, Function<Scalar, org.bytedeco.pytorch.Tensor> operation) {
    return Engine.compute(
        () -> {
          try (Scalar scalar = new Scalar(value)) {
            return operation.apply(scalar);
          }
        });
  }

  private Tensor changed(Supplier<org.bytedeco.pytorch.Tensor> operation) {
    Engine.call(operation);
    return (Tensor) this;
  }

  private Tensor changed(double value, Function<Scalar, org.bytedeco.pytorch.Tensor> operation) {
    return changed(
        () -> {
          try (Scalar scalar = new Scalar(value)) {
            return operation.apply(scalar);
          }
        });
  }
}
