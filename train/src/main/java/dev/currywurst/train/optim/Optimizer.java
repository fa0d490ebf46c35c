package dev.currywurst.train.optim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import java.util.Map;
import java.util.OptionalDouble;

/** How gradients change weights: chosen by {@link Settings}, used by {@link Learner}. */
public sealed interface Optimizer extends AutoCloseable permits AdamW, AdamW8bit, Adafactor {
  /**
   * Updates the weights.
   *
   * @param learningRate of this step
   * @param step counted from 1, without those that were skipped: means are corrected for the
   *     gradients that are in them
   * @param factor that the gradients are shortened by first, at most 1
   */
  void update(double learningRate, long step, double factor);

  /**
   * What a resumed run needs, by kind and weight, such as {@code mean.prior.out.1.weight}: views
   * and tensors to be read and written in place, those that are made owned by the open scope.
   */
  Map<String, Tensor> state();

  @Override
  void close();

  /** Which optimizer, and its knobs. */
  sealed interface Settings permits AdamW.Settings, AdamW8bit.Settings, Adafactor.Settings {
    /** As configurations spell it. */
    String key();

    /** The optimizer over weights, with a state of zeros. */
    Optimizer over(FlatWeights weights);

    /**
     * Bytes that the state of one weight takes.
     *
     * @param shape of the weight
     */
    long stateBytes(long... shape);

    /**
     * The rate that a step takes, before it is scaled by a weight's size.
     *
     * @param given by the schedule
     * @param step counted from 1, without those that were skipped
     */
    default double rate(double given, long step) {
      return given;
    }

    /** Adds all that decides what the optimizer does, in the configuration's names. */
    void describe(ObjectNode json);

    /**
     * Reads "optimizer" ({@code adamw}, {@code adamw_8bit} or {@code adafactor}; or diffusers'
     * "use_8bit_adam") and the knobs of that one.
     *
     * @throws CurrywurstException if the name or a knob is wrong
     */
    static Settings read(ConfigFile file) {
      boolean eight = file.booleanValue(false, "use_8bit_adam");
      String usual = eight ? AdamW8bit.Settings.KEY : AdamW.Settings.KEY;
      String name = file.stringValue(usual, "optimizer");
      if (eight && !name.equals(usual)) {
        throw new CurrywurstException(
            "%s: use_8bit_adam is the optimizer %s, but the optimizer is to be %s; leave one of them out."
                .formatted(file.origin(), usual, name));
      }
      return switch (name) {
        case AdamW.Settings.KEY -> adam(file);
        case AdamW8bit.Settings.KEY -> new AdamW8bit.Settings(adam(file));
        case Adafactor.Settings.KEY -> adafactor(file);
        default ->
            throw new CurrywurstException(
                "%s: the optimizer \"%s\" is not known; use adamw, adamw_8bit or adafactor."
                    .formatted(file.origin(), name));
      };
    }

    private static AdamW.Settings adam(ConfigFile file) {
      return new AdamW.Settings(
          file.doubleValue(0.9, "adam_beta1"),
          file.doubleValue(0.999, "adam_beta2"),
          file.doubleValue(1e-8, "adam_epsilon"),
          file.doubleValue(0.01, "adam_weight_decay"));
    }

    private static Adafactor.Settings adafactor(ConfigFile file) {
      Adafactor.Settings usual = Adafactor.Settings.DEFAULT;
      return new Adafactor.Settings(
          file.doubleValue(usual.eps1(), "adafactor_eps1"),
          file.doubleValue(usual.eps2(), "adafactor_eps2"),
          file.doubleValue(usual.clipThreshold(), "adafactor_clip_threshold"),
          file.doubleValue(usual.decayRate(), "adafactor_decay_rate"),
          file.has("adafactor_beta1")
              ? OptionalDouble.of(file.doubleValue(0, "adafactor_beta1"))
              : OptionalDouble.empty(),
          file.doubleValue(usual.weightDecay(), "adafactor_weight_decay"),
          file.booleanValue(usual.scaleParameter(), "adafactor_scale_parameter"),
          file.booleanValue(usual.relativeStep(), "adafactor_relative_step"),
          file.booleanValue(usual.warmupInit(), "adafactor_warmup_init"));
    }
  }
}
