package dev.currywurst.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.optim.LearningRate;
import dev.currywurst.train.optim.Optimizer;
import dev.currywurst.train.optim.WeightAverage;
import dev.currywurst.train.stage.Saved;
import dev.currywurst.weights.ConfigFile;

/**
 * How a run is trained, whatever it trains.
 *
 * @param steps of the whole run
 * @param batchSize samples that go through the networks together
 * @param parts batches a step, whose gradients are added up before the weights change: {@code
 *     gradient_accumulation_steps}. A step of 4 parts of 8 is one of 32 up to rounding, but for the
 *     batch norms of Stage A and the image encoder, which see 8 samples at a time.
 * @param checkpointing whether Stage C's blocks are computed again on the way back and keep only
 *     their inputs until then: a third more arithmetic, and a fraction of the memory
 * @param rate the learning rate of each step
 * @param learning the optimizer, clipping and averaging
 * @param seed of everything random
 * @param dtype of products and convolutions; weights and updates are float32
 * @param checkpointEvery steps between checkpoints
 * @param evaluateEvery steps between evaluations on held-out pictures; 0 for the end alone
 * @param checkpointsKept how many of the newest checkpoints stay; the one before the newest serves
 *     if that is damaged
 * @param evaluateFirst whether there is one before the first step too
 * @param saved which weights are written at the end
 * @param power for what is told of the energy
 */
public record TrainingSettings(
    long steps,
    int batchSize,
    int parts,
    boolean checkpointing,
    LearningRate rate,
    Learner.Settings learning,
    long seed,
    DType dtype,
    long checkpointEvery,
    long evaluateEvery,
    int checkpointsKept,
    boolean evaluateFirst,
    Saved saved,
    Power power) {

  public TrainingSettings {
    if (steps < 1
        || batchSize < 1
        || parts < 1
        || checkpointEvery < 1
        || evaluateEvery < 0
        || checkpointsKept < 1) {
      throw new CurrywurstException(
          "Training needs at least 1 step, a batch of at least 1, 1 part a step, a checkpoint at least once and 1 that stays, not %d, %d, %d, %d and %d."
              .formatted(steps, batchSize, parts, checkpointEvery, checkpointsKept));
    }
    if (dtype != DType.FLOAT32 && dtype != DType.BFLOAT16) {
      throw new CurrywurstException(
          "Training computes in float32 or bfloat16, not in "
              + dtype
              + ", whose gradients would vanish.");
    }
  }

  /** The settings that the command line gives; each is used where the file says nothing. */
  public record Given(long steps, int batchSize, double learningRate, long seed, DType dtype) {}

  /** Reads the "training" part of a configuration. */
  public static TrainingSettings read(ConfigFile file, Given given) {
    int parts = file.intValue(1, "gradient_accumulation_steps");
    TrainingSettings settings =
        new TrainingSettings(
            given.steps(),
            given.batchSize(),
            parts,
            file.booleanValue(false, "gradient_checkpointing"),
            LearningRate.read(file, given.learningRate(), given.batchSize() * parts, given.steps()),
            new Learner.Settings(
                Optimizer.Settings.read(file),
                file.doubleValue(1.0, "max_grad_norm"),
                average(file, parts)),
            given.seed(),
            given.dtype(),
            file.intValue(500, "checkpointing_steps"),
            file.intValue(0, "validation_steps"),
            file.intValue(2, "checkpoints_total_limit"),
            file.booleanValue(false, "validation_at_start"),
            Saved.read(file),
            Power.read(file));
    file.requireAllKnown();
    return settings;
  }

  private static WeightAverage.Settings average(ConfigFile file, int parts) {
    WeightAverage.Settings usual =
        WeightAverage.Settings.counted(file.doubleValue(0.0, "ema_decay"));
    boolean eachPart = file.booleanValue(false, "ema_per_batch");
    WeightAverage.Ramp ramp =
        WeightAverage.Ramp.parse(file.stringValue(usual.ramp().key(), "ema_ramp"));
    requireRamp(file, ramp == WeightAverage.Ramp.POWER, "power", "ema_inv_gamma", "ema_power");
    requireRamp(file, ramp != WeightAverage.Ramp.CONSTANT, "counted or power", "ema_min_decay");
    return new WeightAverage.Settings(
        usual.decay(),
        ramp,
        file.doubleValue(usual.invGamma(), "ema_inv_gamma"),
        file.doubleValue(usual.power(), "ema_power"),
        file.doubleValue(usual.minDecay(), "ema_min_decay"),
        file.intValue(0, "ema_update_after_step"),
        file.intValue(0, "ema_initial_updates"),
        eachPart ? parts : 1);
  }

  /** What shapes another ramp would do nothing. */
  private static void requireRamp(ConfigFile file, boolean fits, String ramp, String... names) {
    for (String name : names) {
      if (!fits && file.has(name)) {
        throw new CurrywurstException(
            "%s: %s is for an ema_ramp %s; set that too, or leave it out."
                .formatted(file.origin(), name, ramp));
      }
    }
  }

  /** Samples of a step, over all its parts. */
  public int samplesPerStep() {
    return Math.multiplyExact(batchSize, parts);
  }

  /**
   * All that decides which weights come out, in the file's names. The number of steps belongs to it
   * only where the learning rate depends on it: otherwise a finished run can be prolonged.
   */
  public ObjectNode toJson() {
    ObjectNode json =
        ConfigFile.newObject()
            .put("batch_size", batchSize)
            .put("gradient_accumulation_steps", parts);
    rate.describe(json);
    learning.optimizer().describe(json);
    json.put("max_grad_norm", learning.maxGradNorm())
        .put("ema_decay", learning.average().decay())
        .put("seed", seed)
        .put("dtype", dtype.toString());
    describe(learning.average(), json);
    return json;
  }

  /** Only what is not as usual: runs from before these settings existed can go on. */
  private static void describe(WeightAverage.Settings average, ObjectNode json) {
    if (average.equals(WeightAverage.Settings.counted(average.decay()))) {
      return;
    }
    json.put("ema_ramp", average.ramp().key())
        .put("ema_inv_gamma", average.invGamma())
        .put("ema_power", average.power())
        .put("ema_min_decay", average.minDecay())
        .put("ema_update_after_step", average.updateAfter())
        .put("ema_initial_updates", average.initialUpdates())
        .put("ema_updates_per_step", average.updatesPerStep());
  }
}
