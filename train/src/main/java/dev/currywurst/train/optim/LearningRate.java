package dev.currywurst.train.optim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The learning rate of each step: a warm-up in a line from 0, then a shape, as {@code
 * get_scheduler} of {@code diffusers.optimization}. The first step of a warm-up has the rate 0
 * there, and so it has here.
 *
 * @param peak the rate after the warm-up
 * @param warmup steps until the peak
 * @param shape what follows
 * @param total steps of the whole run, where falling shapes end
 * @param cycles how often {@link Shape#COSINE_WITH_RESTARTS} falls
 * @param power of {@link Shape#POLYNOMIAL}: 1 is a line
 * @param end rate that {@link Shape#POLYNOMIAL} falls to
 */
public record LearningRate(
    double peak, long warmup, Shape shape, long total, int cycles, double power, double end) {
  /** diffusers' fixed {@code lr_end}. */
  private static final double END = 1e-7;

  /** The usual shapes, named as diffusers names them. */
  public enum Shape {
    /**
     * The peak. diffusers ignores a warm-up here; this one does it if there is one, like the next
     * shape.
     */
    CONSTANT,
    CONSTANT_WITH_WARMUP,
    LINEAR,
    COSINE,
    COSINE_WITH_RESTARTS,
    POLYNOMIAL;

    /** As configurations spell it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** True if the rate does not depend on how many steps there are. */
    boolean isConstant() {
      return this == CONSTANT || this == CONSTANT_WITH_WARMUP;
    }

    public static Shape parse(String name) {
      for (Shape shape : values()) {
        if (shape.key().equals(name)) {
          return shape;
        }
      }
      throw new CurrywurstException(
          "The learning rate schedule \"%s\" is not known; use %s."
              .formatted(
                  name, Stream.of(values()).map(Shape::key).collect(Collectors.joining(", "))));
    }
  }

  public LearningRate {
    if (!(peak > 0) || Double.isInfinite(peak) || warmup < 0 || total < 1) {
      throw new CurrywurstException(
          "The learning rate must be above 0 and its warm-up at least 0 steps, not %s and %d."
              .formatted(peak, warmup));
    }
    if (cycles < 1 || !(power > 0)) {
      throw new CurrywurstException(
          "The learning rate's lr_num_cycles must be at least 1 and its lr_power above 0, not %d and %s."
              .formatted(cycles, power));
    }
    if (shape == Shape.POLYNOMIAL && !(end >= 0 && end < peak)) {
      throw new CurrywurstException(
          "The learning rate falls from %s to lr_end %s; give an end below it."
              .formatted(peak, end));
    }
  }

  /** With diffusers' defaults for what is left out. */
  public LearningRate(double peak, long warmup, Shape shape, long total) {
    this(peak, warmup, shape, total, 1, 1, END);
  }

  /**
   * Reads "lr_scheduler", "lr_warmup_steps", "lr_num_cycles", "lr_power", "lr_end" and "scale_lr".
   *
   * @param rate for one sample if "scale_lr" is on, else for a step
   * @param samplesPerStep the batch size times the parts of a step
   * @param steps of the whole run
   */
  public static LearningRate read(ConfigFile file, double rate, int samplesPerStep, long steps) {
    return new LearningRate(
        file.booleanValue(false, "scale_lr") ? rate * samplesPerStep : rate,
        file.intValue(0, "lr_warmup_steps"),
        Shape.parse(file.stringValue(Shape.CONSTANT.key(), "lr_scheduler")),
        steps,
        file.intValue(1, "lr_num_cycles"),
        file.doubleValue(1, "lr_power"),
        file.doubleValue(END, "lr_end"));
  }

  /** Adds all that decides the rates of all steps, the number of steps only where it does. */
  public void describe(ObjectNode json) {
    json.put("learning_rate", peak).put("lr_warmup_steps", warmup).put("lr_scheduler", shape.key());
    if (shape == Shape.COSINE_WITH_RESTARTS) {
      json.put("lr_num_cycles", cycles);
    }
    if (shape == Shape.POLYNOMIAL) {
      json.put("lr_power", power).put("lr_end", end);
    }
    if (!shape.isConstant()) {
      json.put("steps", total);
    }
  }

  /** The rate of a step, counted from 0. */
  public double at(long step) {
    if (step < warmup) {
      return peak * step / warmup;
    }
    double progress = (double) (step - warmup) / Math.max(1, total - warmup);
    return switch (shape) {
      case CONSTANT, CONSTANT_WITH_WARMUP -> peak;
      case LINEAR -> peak * Math.max(0, 1 - progress);
      case COSINE -> peak * wave(Math.min(1, progress));
      case COSINE_WITH_RESTARTS -> progress >= 1 ? 0 : peak * wave(cycles * progress % 1);
      case POLYNOMIAL -> end + (peak - end) * Math.pow(Math.max(0, 1 - progress), power);
    };
  }

  /** From 1 to 0. */
  private static double wave(double progress) {
    return 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
