package dev.currywurst.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.bytedeco.openblas.global.openblas_full;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Prepares libtorch once, before any native class loads.
 *
 * <p>Three of JavaCPP's defaults are wrong for tensors: it lets the garbage collector free them
 * (slow, and it never runs because it does not see native memory), it aborts with an
 * OutOfMemoryError at four times the Java heap, and the BLAS it brings fights with OpenMP for the
 * cores. All three are set here; a system property that the user gave wins.
 */
public final class Engine {
  /** Bytes; libtorch and glibc add 2 MB at most for a large page's border. */
  private static final long LARGEST_KEPT = 28L << 20;

  private static volatile boolean started;

  private Engine() {}

  /** Idempotent; every entry point of this package calls it. */
  public static void start() {
    if (!started) {
      startOnce();
    }
  }

  private static synchronized void startOnce() {
    if (started) {
      return;
    }
    setUnlessGiven("org.bytedeco.javacpp.nopointergc", "true");
    setUnlessGiven("org.bytedeco.javacpp.maxBytes", "0");
    setUnlessGiven("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    try {
      // Tensors of 2 MB and more in pages of 2 MB: touching fresh memory by pages of 4 KB takes as
      // long as the arithmetic of a training step. libtorch asks once, at its first tensor.
      torch.set_env("THP_MEM_ALLOC_ENABLE", "1", false);
      keepFreedMemory();
      // Fewer threads on small matrices, and above all: OpenBLAS brings its own pool, which stalls
      // libtorch's OpenMP regions (attention runs 2.4 times slower with both).
      openblas_full.openblas_set_num_threads(1);
      if (multipliesFloat32WithOneDnn()) {
        // Sends float32 products to oneDNN. Without AMX these are true float32 products (relative
        // error 1.2e-6 on 2048 x 2048); with AMX "medium" would round to bfloat16.
        torch.globalContext().setFloat32MatmulPrecision("medium");
      }
    } catch (UnsatisfiedLinkError e) {
      throw new EngineException(
          "The native library of PyTorch does not load on this machine ("
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + "): "
              + firstLine(String.valueOf(e.getMessage()))
              + ". Linux, Windows (x86-64) and macOS (arm64) are supported.",
          e);
    }
    started = true;
  }

  /**
   * Makes glibc keep freed tensors of up to 30 MB for the next ones. By default it gives their
   * pages back to the system, and the next training step waits for the same ones to be cleared
   * again. It has no switch for this but environment variables, and its rule is: what was mapped
   * and is freed raises the size from which on memory is mapped, up to 32 MB.
   */
  private static void keepFreedMemory() {
    try (TensorOptions bytes = new TensorOptions(torch.ScalarType.Byte);
        MemoryFormatOptional contiguous = new MemoryFormatOptional()) {
      torch.empty(new long[] {LARGEST_KEPT}, bytes, contiguous).close();
    }
  }

  private static void setUnlessGiven(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Threads that libtorch computes with. */
  public static int threads() {
    start();
    return torch.get_num_threads();
  }

  /** Sets the threads that libtorch computes with, at least 1. */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new CurrywurstException("The number of threads is " + threads + "; give at least 1.");
    }
    start();
    torch.set_num_threads(threads);
  }

  /** What libtorch was built with, in its own words (several lines). */
  public static String buildConfiguration() {
    start();
    return torch.show_config().getString();
  }

  /** True if this build of libtorch drives a GPU and one is there. */
  public static boolean hasCuda() {
    start();
    return torch.hasCUDA() && torch.cuda_device_count() > 0;
  }

  /** True if the CPU multiplies bfloat16 natively, so that bfloat16 is the faster choice. */
  public static boolean multipliesBfloat16() {
    String flags = cpuFlags();
    return flags.contains(" avx512_bf16") || flags.contains(" amx_bf16") || flags.contains(" bf16");
  }

  /**
   * True if float32 products go to oneDNN. With AMX they would be rounded to bfloat16 there, so
   * they stay with OpenBLAS.
   */
  public static boolean multipliesFloat32WithOneDnn() {
    // Where the flags are unknown there may be AMX, which would round these products to bfloat16.
    String flags = cpuFlags();
    return !flags.isEmpty() && !flags.contains(" amx_");
  }

  private static String cpuFlags() {
    return CpuFlags.TEXT;
  }

  /** Read once: layers ask for each of their weights. */
  private static final class CpuFlags {
    static final String TEXT = readCpuFlags();
  }

  private static String readCpuFlags() {
    Path cpuInfo = Path.of("/proc/cpuinfo");
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")
        || !Files.isReadable(cpuInfo)) {
      return "";
    }
    try {
      return Files.readAllLines(cpuInfo, StandardCharsets.ISO_8859_1).stream()
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  /** Runs a native call; its error keeps the first line and loses the native frames. */
  public static <T> T call(Supplier<T> nativeCall) {
    start();
    Profile profile = Profile.current();
    long begin = profile == null ? 0 : profile.now();
    try {
      return nativeCall.get();
    } catch (CurrywurstException | EngineException | IllegalStateException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new EngineException(describe(e), e);
    } finally {
      if (profile != null) {
        profile.add(begin);
      }
    }
  }

  /** As {@link #call}, for the package that makes layers. */
  public static Tensor compute(Supplier<org.bytedeco.pytorch.Tensor> nativeCall) {
    return new Tensor(call(nativeCall));
  }

  private static String describe(RuntimeException e) {
    String first = firstLine(String.valueOf(e.getMessage()));
    if (first.contains("can't allocate memory")) {
      return "There is not enough memory for this tensor (" + first + ").";
    }
    return first;
  }

  private static String firstLine(String text) {
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end);
  }
}
