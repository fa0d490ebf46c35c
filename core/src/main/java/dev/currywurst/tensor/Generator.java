package dev.currywurst.tensor;

import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch's CPU generator (Mersenne twister): the same seed draws the same numbers as {@code
 * torch.Generator().manual_seed(seed)} in Python, whatever the device that the numbers go to.
 */
public final class Generator implements AutoCloseable {
  private final org.bytedeco.pytorch.Generator raw;
  private final GeneratorOptional optional;

  public Generator(long seed) {
    Engine.start();
    this.raw = torch.make_generator_cpu(seed);
    this.optional = new GeneratorOptional(raw);
  }

  /** Standard normal draws; half precision types round float32 draws, as in Python. */
  public Tensor normal(DType dtype, long... shape) {
    return Engine.compute(
        () -> {
          try (TensorOptions options = new TensorOptions(dtype.scalarType())) {
            return torch.randn(shape, optional, options);
          }
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
