package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;

/**
 * The kernel behind {@code torch.optim.AdamW(fused=True)}: one pass over weights, gradients and
 * both means on all cores. It has no entry in the C++ API, so it is called through the dispatcher.
 */
public final class FusedAdamW {
  private static final class Operators {
    static final OperatorHandle UPDATE = find("_fused_adamw_", "");
    static final OperatorHandle UNBIND = find("unbind", "int");
    static final IValue NONE = new IValue();
    static final IValue NO = new IValue(false);
    static final IValue FIRST = new IValue(0L);

    /** For the largest squares so far, which only AMSGrad keeps. */
    static final IValue NO_TENSORS =
        new IValue(
            new GenericList(
                UPDATE.schema().arguments().getPointer(4).type().get().containedType(0)));

    private static OperatorHandle find(String name, String overload) {
      return Dispatcher.singleton().findSchemaOrThrow("aten::" + name, overload);
    }
  }

  private FusedAdamW() {}

  /**
   * The optimizer's knobs at one step.
   *
   * @param step counted from 1
   * @param weightDecay part of the weights that a rate of 1 would remove
   */
  public record Knobs(
      double learningRate, double beta1, double beta2, double weightDecay, double eps, long step) {}

  /**
   * One update in place of {@code weights} and the two means, all float32 [n].
   *
   * @param gradients are divided by {@code divisor} in place
   */
  public static void update(
      Tensor weights, Tensor gradients, Tensor mean, Tensor square, Knobs knobs, double divisor) {
    try (Scope scope = Scope.open()) {
      Tensor step = Tensor.full((double) knobs.step(), DType.FLOAT32, 1).to(weights.device());
      Tensor scale = Tensor.full(divisor, DType.FLOAT32, 1).to(weights.device());
      Engine.call(
          () -> {
            try (IValueVector stack = new IValueVector();
                IValue weightList = list(weights);
                IValue gradientList = list(gradients);
                IValue meanList = list(mean);
                IValue squareList = list(square);
                IValue stepList = list(step);
                IValue rate = new IValue(knobs.learningRate());
                IValue beta1 = new IValue(knobs.beta1());
                IValue beta2 = new IValue(knobs.beta2());
                IValue decay = new IValue(knobs.weightDecay());
                IValue eps = new IValue(knobs.eps());
                IValue gradientScale = new IValue(scale.raw())) {
              push(stack, weightList, gradientList, meanList, squareList, Operators.NO_TENSORS);
              push(stack, stepList, rate, beta1, beta2, decay, eps, Operators.NO, Operators.NO);
              push(stack, divisor == 1 ? Operators.NONE : gradientScale, Operators.NONE);
              Operators.UPDATE.callBoxed(stack);
              return true;
            }
          });
    }
  }

  private static void push(IValueVector stack, IValue... values) {
    for (IValue value : values) {
      stack.push_back(value);
    }
  }

  /**
   * A list of one tensor, as the kernel takes them. The binding cannot add to a list, but an
   * operator that splits a tensor returns one.
   */
  private static IValue list(Tensor tensor) {
    try (IValueVector stack = new IValueVector();
        org.bytedeco.pytorch.Tensor row = tensor.raw().unsqueeze(0);
        IValue value = new IValue(row)) {
      push(stack, value, Operators.FIRST);
      Operators.UNBIND.callBoxed(stack);
      return new IValue(stack.get(0));
    }
  }
}
