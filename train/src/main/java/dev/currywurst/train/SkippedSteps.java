package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Steps whose loss or gradient was not finite. They change nothing, so a few do no harm; many mean
 * that the run will not recover by itself.
 */
final class SkippedSteps {
  private static final int IN_A_ROW = 10;
  private static final int WINDOW = 1000;

  /** One per cent of the window, beside those that may come in a row. */
  private static final int IN_WINDOW = WINDOW / 100 + IN_A_ROW;

  private final Deque<Long> recent = new ArrayDeque<>();
  private int inARow;

  /**
   * Goes on counting.
   *
   * @param before steps that were skipped so far, in rising order
   * @param done the steps that the run has done
   * @throws CurrywurstException if they are too many: the run has ended for that before
   */
  SkippedSteps(List<Long> before, long done) {
    recent.addAll(before);
    for (int i = before.size() - 1; i >= 0 && before.get(i) == done - inARow; i--) {
      inARow++;
    }
    requireFew(done);
  }

  /**
   * Counts a step.
   *
   * @throws CurrywurstException if it was skipped and is one too many
   */
  void count(long step, boolean finite) {
    inARow = finite ? 0 : inARow + 1;
    if (!finite) {
      recent.add(step);
    }
    requireFew(step);
  }

  private void requireFew(long step) {
    while (!recent.isEmpty() && recent.peek() <= step - WINDOW) {
      recent.remove();
    }
    // Not after a finite one: those before were let through.
    if (inARow > IN_A_ROW || (inARow > 0 && recent.size() > IN_WINDOW)) {
      throw new CurrywurstException(
          "The loss was not finite in %d of the last %d steps up to step %d; begin again with a lower learning rate and another --output."
              .formatted(recent.size(), Math.min(step, WINDOW), step));
    }
  }
}
