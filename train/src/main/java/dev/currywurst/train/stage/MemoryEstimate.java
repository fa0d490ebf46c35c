package dev.currywurst.train.stage;

import dev.currywurst.tensor.DType;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.Collection;
import java.util.Locale;

/**
 * The memory that fine-tuning Stage C will take, in bytes, before anything large is read.
 *
 * @param weights of Stage C, float32
 * @param frozen weights of the networks around it; mapped from their files, so that they can make
 *     way for others once what they make is kept
 * @param gradients of what is trained
 * @param optimizer the optimizer's state
 * @param average of the weights
 * @param activations that the forward pass keeps for the backward pass
 * @param evaluations the networks that paint in evaluations, read for each of them, when nothing is
 *     kept for a backward pass
 * @param runtime the Java machine, libtorch and what a step makes and drops
 */
public record MemoryEstimate(
    long weights,
    long frozen,
    long gradients,
    long optimizer,
    long average,
    long activations,
    long evaluations,
    long runtime) {
  /** Measured: a process that has trained a model of next to no size. */
  private static final long RUNTIME = 450L << 20;

  /**
   * One part of a step.
   *
   * @param batch samples
   * @param height of the latents
   * @param width of the latents
   * @param tokens of a caption
   */
  public record Load(int batch, int height, int width, int tokens) {}

  /**
   * Estimates.
   *
   * @param size of Stage C
   * @param numbers that Stage C has
   * @param trained shapes of the weights that are trained
   * @param learning the optimizer and the average
   * @param load of a part of a step
   * @param dtype of products
   * @param checkpointing whether blocks keep only their inputs
   * @param frozen bytes of the networks around it
   * @param evaluations bytes of the networks that paint in evaluations, 0 if none do
   */
  public static MemoryEstimate of(
      StageCConfig size,
      long numbers,
      Collection<long[]> trained,
      Learner.Settings learning,
      Load load,
      DType dtype,
      boolean checkpointing,
      long frozen,
      long evaluations) {
    long gradients = 0;
    long state = 0;
    for (long[] shape : trained) {
      long elements = 1;
      for (long extent : shape) {
        elements *= extent;
      }
      gradients += Float.BYTES * elements;
      state += learning.optimizer().stateBytes(shape);
    }
    long block = block(size, load, dtype);
    long kept = Math.multiplyExact(kept(size, load), dtype.bytes());
    long casts = dtype == DType.FLOAT32 ? 0 : numbers * dtype.bytes();
    long activations =
        casts + (checkpointing ? size.depth() * kept + 2 * block : (size.depth() + 1) * block);
    return new MemoryEstimate(
        Float.BYTES * numbers,
        frozen,
        gradients,
        state,
        learning.average().exists() ? gradients : 0,
        activations,
        evaluations,
        RUNTIME);
  }

  /** What a checkpointed block keeps: the picture, and keys and values of the text. */
  private static long kept(StageCConfig size, Load load) {
    long rows = (long) load.batch() * load.height() * load.width();
    return size.width() * (rows + 2L * load.batch() * load.tokens());
  }

  /**
   * What the operations of a block keep, in bytes: of each pixel nine times the width in the norms,
   * the convolution and the attention, and four times four times the width between the two wide
   * layers, in half precision once more in float32 for the response norm; of each pixel and token a
   * key and a value; of each token two inputs of layers; and the attention's shares.
   */
  private static long block(StageCConfig size, Load load, DType dtype) {
    long pixels = (long) load.height() * load.width();
    long seen = pixels + load.tokens();
    long width = size.width();
    long numbers =
        25 * width * pixels + 2 * width * (seen + load.tokens()) + size.heads() * pixels * seen;
    long exact = dtype == DType.FLOAT32 ? 0 : Float.BYTES * 4 * width * pixels;
    return load.batch() * (numbers * dtype.bytes() + exact);
  }

  /** All of it at its height, be that in a step or in an evaluation. */
  public long total() {
    return weights
        + frozen
        + gradients
        + optimizer
        + average
        + Math.max(activations, evaluations)
        + runtime;
  }

  /** Such as {@code About 5.8 GB of memory: weights 0.5, frozen networks 2.9 ...}. */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "About %.1f GB of memory: weights %.2f, gradients %.2f, optimizer %.2f, average %.2f, activations %.2f (in evaluations %.2f for what paints), frozen networks %.2f, program %.2f.",
        gigabytes(total()),
        gigabytes(weights),
        gigabytes(gradients),
        gigabytes(optimizer),
        gigabytes(average),
        gigabytes(activations),
        gigabytes(evaluations),
        gigabytes(frozen),
        gigabytes(runtime));
  }

  private static double gigabytes(long bytes) {
    return bytes / 1e9;
  }
}
