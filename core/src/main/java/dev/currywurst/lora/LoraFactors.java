package dev.currywurst.lora;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Tensor;

/**
 * The two factors of a layer's change, (alpha / rank) B A.
 *
 * @param down A, [rank, in]
 * @param up B, [out, rank]
 * @param scale alpha / rank; alpha / sqrt(rank) in peft's rank-stabilised form
 */
public record LoraFactors(Tensor down, Tensor up, double scale) {
  public LoraFactors {
    if (down.dims() != 2 || up.dims() != 2 || down.size(0) != up.size(1)) {
      throw new IllegalArgumentException("factors are [rank, in] and [out, rank]");
    }
  }

  public long rank() {
    return down.size(0);
  }

  /** What a file stores: the scale is this over the rank. */
  public double alpha() {
    return scale * rank();
  }

  /** strength · scale · B A, [out, in], float32. */
  public Tensor product(double strength) {
    return up.to(DType.FLOAT32).matmul(down.to(DType.FLOAT32)).times(strength * scale);
  }
}
