package dev.currywurst.diffusion;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The noise levels that sampling visits, falling from 1 (noise alone) to 0; one step leads from
 * each to the next, so there is one step fewer than levels.
 *
 * @param levels strictly falling, the last one 0
 */
public record Timesteps(List<Double> levels) {
  /** More steps than any schedule has use for. */
  private static final int MOST_STEPS = 10_000;

  /**
   * Stage C's recommended list: 19 small steps down to 2/3, then 10 larger ones. {@code
   * DEFAULT_STAGE_C_TIMESTEPS} in diffusers.
   */
  public static final Timesteps STAGE_C = new Timesteps(recommended());

  public Timesteps {
    levels = List.copyOf(levels);
    if (levels.size() < 2) {
      throw new CurrywurstException(
          "A list of timesteps needs at least two levels, such as 1.0, 0.0; this one has "
              + levels.size()
              + ".");
    }
    for (int i = 0; i < levels.size(); i++) {
      double level = levels.get(i);
      if (!(level >= 0 && level <= 1)) {
        throw new CurrywurstException(
            "Timesteps lie between 0 and 1; number %d of the list is %s.".formatted(i + 1, level));
      }
      // As float32, which the schedule computes in: equal neighbours would divide by zero there.
      if (i > 0 && !((float) level < levels.get(i - 1).floatValue())) {
        throw new CurrywurstException(
            "Timesteps must fall from one to the next; number %d of the list is %s, after %s."
                .formatted(i + 1, level, levels.get(i - 1)));
      }
    }
    if (levels.get(levels.size() - 1) != 0) {
      throw new CurrywurstException(
          "A list of timesteps must end at 0, or noise is left in the picture; this one ends at %s."
              .formatted(levels.get(levels.size() - 1)));
    }
  }

  /** {@code steps} equal steps from 1 to 0, as {@code torch.linspace} rounds their levels. */
  public static Timesteps evenlySpaced(int steps) {
    if (steps < 1 || steps > MOST_STEPS) {
      throw new CurrywurstException(
          "The number of steps is %d; give 1 to %d.".formatted(steps, MOST_STEPS));
    }
    List<Double> levels = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (float level : Tensor.linspace(1, 0, steps + 1L).toFloats()) {
        levels.add((double) level);
      }
    }
    return new Timesteps(levels);
  }

  /**
   * Reads levels separated by commas or blanks, such as {@code 1.0, 0.5, 0}.
   *
   * @throws CurrywurstException if a part is no number, or the list is not valid
   */
  public static Timesteps parse(String text) {
    List<Double> levels = new ArrayList<>();
    for (String part : text.strip().split("[,\\s]+", -1)) {
      try {
        levels.add(Double.valueOf(part));
      } catch (NumberFormatException e) {
        throw new CurrywurstException(
            "\"" + part + "\" in the list of timesteps is not a number between 0 and 1.", e);
      }
    }
    return new Timesteps(levels);
  }

  private static List<Double> recommended() {
    List<Double> levels = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      levels.add(i == 19 ? 2.0 / 3 : 1 + i * ((2.0 / 3 - 1) / 19));
    }
    for (int i = 1; i <= 10; i++) {
      levels.add(i == 10 ? 0.0 : 2.0 / 3 + i * ((0 - 2.0 / 3) / 10));
    }
    return levels;
  }

  /** How often the network is asked. */
  public int steps() {
    return levels.size() - 1;
  }

  /** The level that step {@code index} begins at, counted from 0. */
  public double from(int index) {
    return levels.get(index);
  }

  /** The level that step {@code index} leads to. */
  public double to(int index) {
    return levels.get(index + 1);
  }

  /** The levels separated by commas, as {@link #parse} reads them. */
  @Override
  public String toString() {
    return levels.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }
}
