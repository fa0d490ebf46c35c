package dev.currywurst.tensor;

import java.util.function.Supplier;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Thread-local modes of automatic differentiation, each for the length of one call. */
public final class Grad {
  private Grad() {}

  /** True if operations on this thread are recorded. */
  public static boolean isOn() {
    Engine.start();
    return GradMode.is_enabled();
  }

  /** Runs {@code body} without recording: for generation, frozen encoders and weight updates. */
  public static <T> T off(Supplier<T> body) {
    Engine.start();
    // The guard restores the mode of the thread that closes it, so it never leaves this method.
    AutoGradMode guard = new AutoGradMode(false);
    try {
      return body.get();
    } finally {
      guard.deallocate();
    }
  }

  /** As {@link #off(Supplier)}, without a result. */
  public static void off(Runnable body) {
    off(
        () -> {
          body.run();
          return true;
        });
  }

  /**
   * Runs {@code body} with matrix products and convolutions in {@code dtype} while weights stay
   * float32 (PyTorch's autocast).
   */
  public static <T> T autocast(Device device, DType dtype, Supplier<T> body) {
    Engine.start();
    if (dtype == DType.FLOAT32) {
      return body.get();
    }
    DeviceType type = device == Device.CUDA ? DeviceType.CUDA : DeviceType.CPU;
    boolean before = torch.is_autocast_enabled(type);
    ScalarType dtypeBefore = torch.get_autocast_dtype(type);
    torch.set_autocast_dtype(type, dtype.scalarType());
    torch.set_autocast_enabled(type, true);
    try {
      return body.get();
    } finally {
      torch.set_autocast_enabled(type, before);
      torch.set_autocast_dtype(type, dtypeBefore);
      torch.clear_cache();
    }
  }
}
