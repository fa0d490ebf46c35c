package dev.currywurst.train;

import dev.currywurst.train.stage.Stage;
import java.nio.file.Path;
import java.util.Map;

/** Hears what a training does, on the thread that trains. */
public interface TrainingListener {
  /** A sentence that the user should read: before the first step, or where something failed. */
  default void noticed(String sentence) {}

  /** While pictures go through frozen encoders ahead of the first step. */
  default void prepared(long done, long all) {}

  /** Once, before the first step. */
  default void started(long fromStep) {}

  /** After each step, counted from 1; one that was skipped is not finite. */
  default void learned(long step, Stage.Learned learned, double learningRate) {}

  /** After each evaluation on held-out pictures. */
  default void evaluated(long step, Map<String, Double> figures) {}

  /** After each painting of the validation's prompts. */
  default void sampled(long step, Path sheet) {}

  /** After each checkpoint. */
  default void saved(long step, Path checkpoint) {}
}
