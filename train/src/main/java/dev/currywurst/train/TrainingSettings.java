package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.optim.AdamW;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.train.optim.LearningRate;
import dev.currywurst.weights.ConfigFile;

/**
 * How a run is trained, whatever it trains.
 *
 * @param steps of the whole run
 * @param batchSize samples a step
 * @param rate the learning rate of each step
 * @param learning the optimizer, clipping and averaging
 * @param seed of everything random
 * @param dtype of products and convolutions; weights and updates are float32
 * @param checkpointEvery steps between checkpoints
 * @param evaluateEvery steps between evaluations on held-out pictures; 0 for the end alone
 */
public record TrainingSettings(
    long steps,
    int batchSize,
    LearningRate rate,
    Learner.Settings learning,
    long seed,
    DType dtype,
    long checkpointEvery,
    long evaluateEvery) {

  public TrainingSettings {
    if (steps < 1 || batchSize < 1 || checkpointEvery < 1 || evaluateEvery < 0) {
      throw new CurrywurstException(
          "Training needs at least 1 step, a batch of at least 1 and a checkpoint at least once, not %d, %d and %d."
              .formatted(steps, batchSize, checkpointEvery));
    }
  }

  /** The settings that the command line gives; each is used where the file says nothing. */
  public record Given(long steps, int batchSize, double learningRate, long seed, DType dtype) {}

  /** Reads the "training" part of a configuration. What the command line gave wins. */
  public static TrainingSettings read(ConfigFile file, Given given) {
    TrainingSettings settings =
        new TrainingSettings(
            given.steps(),
            given.batchSize(),
            new LearningRate(
                given.learningRate(),
                file.intValue(0, "lr_warmup_steps"),
                LearningRate.Shape.parse(file.stringValue("constant", "lr_scheduler")),
                given.steps()),
            new Learner.Settings(
                new AdamW.Settings(
                    file.doubleValue(0.9, "adam_beta1"),
                    file.doubleValue(0.999, "adam_beta2"),
                    file.doubleValue(1e-8, "adam_epsilon"),
                    file.doubleValue(0.01, "adam_weight_decay")),
                file.doubleValue(1.0, "max_grad_norm"),
                file.doubleValue(0.0, "ema_decay")),
            given.seed(),
            given.dtype(),
            file.intValue(500, "checkpointing_steps"),
            file.intValue(0, "validation_steps"));
    file.requireAllKnown();
    return settings;
  }
}
