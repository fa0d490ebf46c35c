package dev.currywurst.nn;

import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A weight [out, in] in the blocked layout that oneDNN's matrix kernels read, made once.
 *
 * <p>From a plain weight every product first copies all of it into that layout: with the few
 * hundred rows of a diffusion step that is up to a tenth of the product's time. The same kernels
 * also apply an activation or add a residual while the product is still in the cache. They are the
 * operators that PyTorch's own compiler emits for frozen models ({@code
 * mkldnn::_linear_pointwise}); they have no entry in the C++ API, so they are called through its
 * dispatcher. They record no gradients.
 */
final class PackedWeight {
  /** The operators, looked up when the first weight is packed. */
  private static final class Operators {
    static final OperatorHandle PACK = find("_reorder_linear_weight", "");
    static final OperatorHandle LINEAR = find("_linear_pointwise", "");
    static final OperatorHandle LINEAR_BINARY = find("_linear_pointwise", "binary");
    static final boolean BFLOAT16 = isBfloat16Supported();
    static final IValue NONE = new IValue();
    static final IValue NO_ACTIVATION = new IValue("none");
    static final IValue GELU = new IValue("gelu");
    static final IValue ADD = new IValue("add");
    static final IValue NO_SCALARS = new IValue(emptyScalars());

    /** For GELU: "none" is the error function, "tanh" its approximation. */
    static final IValue EXACT = new IValue("none");

    private static OperatorHandle find(String name, String overload) {
      return Dispatcher.singleton().findSchemaOrThrow("mkldnn::" + name, overload);
    }

    /** The activation's parameters, of a list type that only the operator's schema can tell. */
    private static GenericList emptyScalars() {
      Argument scalars = LINEAR.schema().arguments().getPointer(4);
      return new GenericList(scalars.type().get().containedType(0));
    }

    private static boolean isBfloat16Supported() {
      try (IValueVector stack = new IValueVector()) {
        find("_is_mkldnn_bf16_supported", "").callBoxed(stack);
        return stack.get(0).toBool();
      }
    }
  }

  private final Tensor blocked;

  private PackedWeight(Tensor blocked) {
    this.blocked = blocked;
  }

  /** True if products with {@code weight} gain from packing it on this machine. */
  static boolean suits(Tensor weight) {
    if (weight.device() != Device.CPU || !torch.hasMKLDNN()) {
      return false;
    }
    return switch (weight.dtype()) {
      case FLOAT32 -> Engine.multipliesFloat32WithOneDnn();
      case BFLOAT16 -> Operators.BFLOAT16;
      default -> false;
    };
  }

  /** Packs a weight [out, in]; {@code owner} keeps the copy. */
  static PackedWeight of(Tensor weight, Parameters owner) {
    try (Scope scope = Scope.open()) {
      IValue[] arguments = {value(weight.contiguous())};
      return new PackedWeight(owner.keep(run(Operators.PACK, arguments, Operators.NONE)));
    }
  }

  /** x Wᵀ + b, or its GELU. */
  Tensor apply(Tensor x, @Nullable Tensor bias, boolean gelu) {
    check(x);
    IValue[] arguments = {value(x), value(blocked), value(bias)};
    return run(
        Operators.LINEAR,
        arguments,
        gelu ? Operators.GELU : Operators.NO_ACTIVATION,
        Operators.NO_SCALARS,
        Operators.EXACT);
  }

  /** x Wᵀ + b + addend, which has the result's shape. */
  Tensor applyPlus(Tensor x, Tensor addend, @Nullable Tensor bias) {
    check(x);
    check(addend);
    IValue[] arguments = {value(x), value(addend), value(blocked), value(bias)};
    return run(Operators.LINEAR_BINARY, arguments, Operators.ADD);
  }

  private static void check(Tensor x) {
    if (Grad.isOn() && x.requiresGrad()) {
      throw new IllegalStateException(
          "a frozen layer records no gradients; build the network from writable weights");
    }
  }

  private static @Nullable IValue value(@Nullable Tensor tensor) {
    return tensor == null ? null : new IValue(tensor.raw());
  }

  /**
   * Calls an operator with {@code tensors}, which are freed, and {@code constants}, which stay. A
   * missing tensor is None.
   */
  private static Tensor run(
      OperatorHandle operator, @Nullable IValue[] tensors, IValue... constants) {
    return Engine.compute(
        () -> {
          try (IValueVector stack = new IValueVector()) {
            for (IValue tensor : tensors) {
              stack.push_back(tensor == null ? Operators.NONE : tensor);
            }
            for (IValue constant : constants) {
              stack.push_back(constant);
            }
            operator.callBoxed(stack);
            // toTensor() is a reference into the stack, which ends here.
            return new org.bytedeco.pytorch.Tensor(stack.get(0).toTensor());
          } finally {
            for (IValue tensor : tensors) {
              if (tensor != null) {
                tensor.close();
              }
            }
          }
        });
  }
}
