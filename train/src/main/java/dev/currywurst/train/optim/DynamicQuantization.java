package dev.currywurst.train.optim;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Block-wise dynamic quantisation to 8 bits (Dettmers et al. 2022, "8-bit Optimizers via Block-wise
 * Quantization"), as bitsandbytes has it: each block of 256 values is divided by its largest, and
 * each quotient becomes the index of the nearest of 256 fixed values, whose spacing grows with
 * their size over seven decades.
 */
final class DynamicQuantization implements AutoCloseable {
  /** Values that share a scale. */
  static final int BLOCK = 256;

  private static final int DECADES = 7;

  private final Tensor values;
  private final Tensor boundaries;

  /**
   * A quantisation.
   *
   * @param signed whether there are values below 0
   */
  DynamicQuantization(boolean signed) {
    float[] map = map(signed);
    float[] middles = new float[map.length - 1];
    for (int i = 0; i < middles.length; i++) {
      middles[i] = (float) (((double) map[i] + map[i + 1]) / 2);
    }
    try (Scope scope = Scope.open()) {
      this.values = Tensor.of(map, map.length).own();
      this.boundaries = Tensor.of(middles, middles.length).own();
    }
  }

  /** The 256 values, ascending: {@code bitsandbytes.functional.create_dynamic_map}. */
  static float[] map(boolean signed) {
    List<Float> map = new ArrayList<>();
    for (int i = 0; i < DECADES; i++) {
      float decade = (float) Math.pow(10, i - (DECADES - 1));
      float[] steps = steps((1 << (signed ? i : i + 1)) + 1);
      for (int k = 0; k + 1 < steps.length; k++) {
        float middle = decade * ((steps[k] + steps[k + 1]) / 2);
        map.add(middle);
        if (signed) {
          map.add(-middle);
        }
      }
    }
    map.add(0f);
    map.add(1f);
    Collections.sort(map);
    float[] result = new float[map.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = map.get(i);
    }
    return result;
  }

  private static float[] steps(int count) {
    try (Scope scope = Scope.open()) {
      return Tensor.linspace(0.1, 1, count).toFloats();
    }
  }

  /** A quantised piece: codes [blocks, 256] uint8 and scales [blocks, 1] float32. */
  record Codes(Tensor codes, Tensor scales) {}

  /** The values [blocks, 256] behind codes. */
  Tensor read(Codes quantised) {
    return Scope.tidy(
        () -> {
          Tensor index = quantised.codes().to(DType.INT32).reshape(-1);
          return values
              .indexSelect(0, index)
              .reshape(quantised.codes().shape())
              .timesInPlace(quantised.scales());
        });
  }

  /** Writes values [blocks, 256] as codes. */
  void write(Tensor exact, Codes into) {
    try (Scope scope = Scope.open()) {
      Tensor largest = exact.abs().max(1);
      into.scales().copyInPlace(largest);
      // A block of zeros is 0 / tiny and not 0 / 0.
      Tensor quotients = exact.dividedBy(largest.clamp(Float.MIN_NORMAL, Float.MAX_VALUE));
      into.codes().copyInPlace(quotients.bucket(boundaries));
    }
  }

  @Override
  public void close() {
    values.close();
    boundaries.close();
  }
}
