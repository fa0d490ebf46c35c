package dev.currywurst.tensor;

import java.util.List;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch's CPU generator (Mersenne twister): the same seed draws the same numbers as {@code
 * torch.Generator().manual_seed(seed)} in Python, whatever the device that the numbers go to.
 */
public final class Generator implements AutoCloseable {
  /** Normal numbers that torch makes of as many uniform ones at a time. */
  private static final long BLOCK = 16;

  private final org.bytedeco.pytorch.Generator raw;
  private final GeneratorOptional optional;

  public Generator(long seed) {
    Engine.start();
    this.raw = torch.make_generator_cpu(seed);
    this.optional = new GeneratorOptional(raw);
  }

  /**
   * Standard normal draws, to the bit those of {@code torch.randn} in Python's torch 2.13. In half
   * precision that rounds float32 draws; older ones, this library among them, draw coarser numbers
   * there, which make another picture of the same seed.
   */
  public Tensor normal(DType dtype, long... shape) {
    return dtype == DType.FLOAT16 || dtype == DType.BFLOAT16
        ? rounded(dtype, shape)
        : draw(dtype, shape);
  }

  private Tensor draw(DType dtype, long... shape) {
    return Engine.compute(
        () -> {
          try (TensorOptions options = new TensorOptions(dtype.scalarType())) {
            return torch.randn(shape, optional, options);
          }
        });
  }

  /** Torch draws blocks of 16 there; what is left over comes from one more, laid over the end. */
  private Tensor rounded(DType dtype, long... shape) {
    return Scope.tidy(
        () -> {
          long count = 1;
          for (long extent : shape) {
            count = Math.multiplyExact(count, extent);
          }
          long whole = count / BLOCK * BLOCK;
          if (count == whole || count < BLOCK) {
            return draw(DType.FLOAT32, shape).to(dtype);
          }
          Tensor blocks = draw(DType.FLOAT32, whole);
          Tensor end = draw(DType.FLOAT32, BLOCK);
          return Tensor.cat(List.of(blocks.narrow(0, 0, count - BLOCK), end), 0)
              .reshape(shape)
              .to(dtype);
        });
  }

  /** Uniform draws in [0, 1). */
  public Tensor uniform(DType dtype, long... shape) {
    return Engine.compute(
        () -> {
          try (TensorOptions options = new TensorOptions(dtype.scalarType())) {
            return torch.rand(shape, optional, options);
          }
        });
  }

  @Override
  public void close() {
    optional.deallocate();
    raw.deallocate();
  }
}
