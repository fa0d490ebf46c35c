package dev.currywurst.train.optim;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An exponential moving average of the weights: smoother than the weights, and after fine-tuning
 * still partly the original model. How much of it is left is decided by the decay and, more than by
 * anything else, by how the decay begins: see {@link Ramp}.
 */
public final class WeightAverage implements AutoCloseable {
  /**
   * How fast the decay grows to its final value, with n updates so far.
   *
   * <p>A ramp suits training from scratch, where the first weights are worth nothing. In
   * fine-tuning they are the base model, and a ramp that begins at 0 drops it: of the original
   * weights, {@link #COUNTED} leaves a part of 2e-12 after 100 updates, whatever the decay. The
   * text-to-pokemon model, which is known for what it did not forget, inherited a large counter
   * from its base, so that its decay was 0.9999 from the first update on, and 22 % of the base were
   * left after 15,000.
   */
  public enum Ramp {
    /** None: the decay holds from the first update on. */
    CONSTANT,
    /** (1 + n) / (10 + n), the original latent diffusion's and diffusers' default. */
    COUNTED,
    /** 1 - (1 + n / invGamma)^-power, diffusers' {@code use_ema_warmup}. */
    POWER;

    /** As configurations spell it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The ramp of this name.
     *
     * @throws CurrywurstException if there is none
     */
    public static Ramp parse(String name) {
      return Stream.of(values())
          .filter(ramp -> ramp.key().equals(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new CurrywurstException(
                      "The ramp of the weights' average (ema_ramp) \"%s\" is not known; use %s."
                          .formatted(
                              name,
                              Stream.of(values())
                                  .map(Ramp::key)
                                  .collect(Collectors.joining(", ")))));
    }
  }

  /**
   * How weights are averaged.
   *
   * @param decay the largest part of the average that stays at an update; 0 for no average
   * @param ramp how it gets there
   * @param invGamma of {@link Ramp#POWER}
   * @param power of {@link Ramp#POWER}
   * @param minDecay the least part that stays, from the second counted update on
   * @param updateAfter updates of this run during which the average is the weights themselves
   * @param initialUpdates where the count begins: that of the base model to go on from its ramp
   * @param updatesPerStep 1, or the number of a step's batches to average after each of them, as
   *     the original latent diffusion does under gradient accumulation: all but the last find the
   *     weights of the step before
   */
  public record Settings(
      double decay,
      Ramp ramp,
      double invGamma,
      double power,
      double minDecay,
      long updateAfter,
      long initialUpdates,
      int updatesPerStep) {
    /** No average. */
    public static final Settings NONE = counted(0);

    public Settings {
      if (!(decay >= 0 && decay < 1)) {
        throw new CurrywurstException(
            "The decay of the weights' average (ema_decay) is %s; it must be from 0 to below 1."
                .formatted(decay));
      }
      if (!(invGamma > 0) || !(power > 0) || !(minDecay >= 0 && minDecay <= decay)) {
        throw new CurrywurstException(
            "The weights' average needs an ema_inv_gamma and an ema_power above 0 and an ema_min_decay from 0 to its decay of %s, not %s, %s and %s."
                .formatted(decay, invGamma, power, minDecay));
      }
      if (updateAfter < 0 || initialUpdates < 0 || updatesPerStep < 1) {
        throw new CurrywurstException(
            "The weights' average needs an ema_update_after_step and ema_initial_updates of at least 0, not %d and %d."
                .formatted(updateAfter, initialUpdates));
      }
    }

    /** As diffusers' {@code EMAModel} with this decay and its other defaults. */
    public static Settings counted(double decay) {
      return new Settings(decay, Ramp.COUNTED, 1, 2.0 / 3, 0, 0, 0, 1);
    }

    /** The same decay at each update. */
    public static Settings constant(double decay) {
      return new Settings(decay, Ramp.CONSTANT, 1, 2.0 / 3, 0, 0, 0, 1);
    }

    /** True if there is an average at all. */
    public boolean exists() {
      return decay > 0;
    }

    /** The count after so many steps of this run that changed something. */
    public long updatesAfter(long steps) {
      return initialUpdates + Math.multiplyExact(steps, updatesPerStep);
    }

    /**
     * The part of the average that stays at an update, exactly as diffusers' {@code EMAModel} where
     * the count begins at 0 (there, updates to wait for are those of an inherited count too, and
     * have long passed). Its counter lags by one: the first update of a counter from 0 sets the
     * average to the weights.
     *
     * @param update of this run, from 1
     */
    public double decayAt(long update) {
      if (update <= updateAfter) {
        return 0;
      }
      if (ramp == Ramp.CONSTANT) {
        return decay;
      }
      double counted = initialUpdates + update - updateAfter - 1;
      if (counted <= 0) {
        return 0;
      }
      double current =
          ramp == Ramp.POWER
              ? 1 - Math.pow(1 + counted / invGamma, -power)
              : (1 + counted) / (10 + counted);
      return Math.max(minDecay, Math.min(decay, current));
    }
  }

  private final FlatWeights weights;
  private final Settings settings;
  private final Tensor average;

  /** Begins with the weights as they are. */
  public WeightAverage(FlatWeights weights, Settings settings) {
    this.weights = weights;
    this.settings = settings;
    try (Scope scope = Scope.open()) {
      this.average = weights.values().detach().copy().own();
    }
  }

  /**
   * Before the weights of a step change: the updates after all of its batches but the last.
   *
   * @param step counted from 0, without those that were skipped
   */
  public void beforeStep(long step) {
    for (int part = 1; part < settings.updatesPerStep(); part++) {
      follow(step * settings.updatesPerStep() + part);
    }
  }

  /**
   * After the weights of a step have changed.
   *
   * @param step counted from 0, without those that were skipped
   */
  public void afterStep(long step) {
    follow((step + 1) * settings.updatesPerStep());
  }

  private void follow(long update) {
    average.lerpInPlace(weights.values(), 1 - settings.decayAt(update));
  }

  /** The average, flat. */
  public Tensor average() {
    return average;
  }

  @Override
  public void close() {
    average.close();
  }
}
