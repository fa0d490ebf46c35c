package dev.currywurst.train.random;

/**
 * Samples of one step that go through the networks together: all of the step's, or some of them
 * where gradients are accumulated over several parts.
 *
 * @param step counted from 0
 * @param first the first sample's place in the step
 * @param size number of samples
 */
public record Part(long step, long first, int size) {
  public Part {
    if (step < 0 || first < 0 || size < 1) {
      throw new IllegalArgumentException(
          "samples %d and %d more of step %d".formatted(first, size - 1, step));
    }
  }
}
