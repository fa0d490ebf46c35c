package dev.currywurst.pipeline;

import dev.currywurst.tensor.Tensor;
import java.util.Arrays;

/** Numbers on a small picture's pixels, [channels, height, width] in float32, row-major. */
public final class LatentGrid {
  private final int channels;
  private final int height;
  private final int width;
  private final float[] values;

  /** Takes {@code values} over without a copy: only for arrays that nobody else keeps. */
  private LatentGrid(int channels, int height, int width, float[] values) {
    if (channels < 1
        || height < 1
        || width < 1
        || values.length != (long) channels * height * width) {
      throw new IllegalArgumentException(
          "%d values do not fill %d channels of %dx%d"
              .formatted(values.length, channels, width, height));
    }
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.values = values;
  }

  /** A grid of copied values, channel after channel, each row by row. */
  public static LatentGrid of(int channels, int height, int width, float... values) {
    return new LatentGrid(channels, height, width, values.clone());
  }

  /** Copies a tensor [channels, height, width] or [1, channels, height, width]. */
  public static LatentGrid of(Tensor tensor) {
    return new LatentGrid(
        Math.toIntExact(tensor.size(-3)),
        Math.toIntExact(tensor.size(-2)),
        Math.toIntExact(tensor.size(-1)),
        tensor.toFloats());
  }

  public int channels() {
    return channels;
  }

  public int height() {
    return height;
  }

  public int width() {
    return width;
  }

  public float at(int channel, int y, int x) {
    return values[(channel * height + y) * width + x];
  }

  /** A copy of all values. */
  public float[] values() {
    return values.clone();
  }

  /** A new tensor [1, channels, height, width], owned by the open scope. */
  public Tensor toTensor() {
    return Tensor.of(values, 1, channels, height, width);
  }

  /** Same shape and same values. */
  @Override
  public boolean equals(Object other) {
    return other instanceof LatentGrid grid
        && channels == grid.channels
        && height == grid.height
        && width == grid.width
        && Arrays.equals(values, grid.values);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * channels + width) + Arrays.hashCode(values);
  }

  /** Only the shape, such as {@code [16, 24, 24]}. */
  @Override
  public String toString() {
    return "[" + channels + ", " + height + ", " + width + "]";
  }
}
