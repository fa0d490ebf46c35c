package dev.currywurst.train.optim;

import dev.currywurst.tensor.CurrywurstException;
import java.util.Locale;

/**
 * The learning rate of each step: a linear warm-up, then a shape.
 *
 * @param peak the rate after the warm-up
 * @param warmup steps until the peak
 * @param shape what follows
 * @param total steps of the whole run, where falling shapes reach 0
 */
public record LearningRate(double peak, long warmup, Shape shape, long total) {
  /** The usual shapes, named as diffusers names them. */
  public enum Shape {
    CONSTANT,
    LINEAR,
    COSINE;

    /** As configurations spell it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Shape parse(String name) {
      for (Shape shape : values()) {
        if (shape.key().equals(name)) {
          return shape;
        }
      }
      throw new CurrywurstException(
          "The learning rate schedule \"%s\" is not known; use constant, linear or cosine."
              .formatted(name));
    }
  }

  public LearningRate {
    if (!(peak > 0) || Double.isInfinite(peak) || warmup < 0 || total < 1) {
      throw new CurrywurstException(
          "The learning rate must be above 0 and its warm-up at least 0 steps, not %s and %d."
              .formatted(peak, warmup));
    }
  }

  /** The rate of a step, counted from 0. */
  public double at(long step) {
    if (step < warmup) {
      return peak * (step + 1) / warmup;
    }
    double progress = (double) (step - warmup) / Math.max(1, total - warmup);
    return switch (shape) {
      case CONSTANT -> peak;
      case LINEAR -> peak * Math.max(0, 1 - progress);
      case COSINE -> peak * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
    };
  }
}
