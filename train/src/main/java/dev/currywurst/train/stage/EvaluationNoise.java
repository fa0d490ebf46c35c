package dev.currywurst.train.stage;

import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.util.function.Supplier;

/**
 * The same noise for a picture at every evaluation, so that pictures and figures can be compared.
 */
final class EvaluationNoise implements Supplier<Tensor> {
  /** What the noise is for: each use has numbers of its own. */
  enum Use {
    STAGE_B(0),
    STAGE_C(1L << 32);

    private final long from;

    Use(long from) {
      this.from = from;
    }
  }

  private final Draws draws;
  private final int first;
  private final int size;
  private final long[] shape;
  private long drawn;

  /**
   * Noise for some pictures.
   *
   * @param first the first picture's place among those that are held out
   * @param size how many they are
   * @param shape of one picture's noise
   */
  EvaluationNoise(Draws draws, Use use, int first, int size, long... shape) {
    this.draws = draws;
    this.first = first;
    this.size = size;
    this.shape = shape.clone();
    this.drawn = use.from;
  }

  /** The next numbers, [size, shape...]. */
  @Override
  public Tensor get() {
    return draws.normal(Draws.Purpose.EVALUATION, new Part(drawn++, first, size), shape);
  }
}
