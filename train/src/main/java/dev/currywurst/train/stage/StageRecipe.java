package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.optim.Learner;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a stage will be, before anything large is read: its sizes and objective, checked against
 * each other and against the model it builds on.
 */
public sealed interface StageRecipe permits StageARecipe, StageBRecipe, StageCRecipe, ClipRecipe {
  /**
   * Reads and checks.
   *
   * @param config of the run
   * @param resolution of the pictures, in pixels
   * @param model that the stage builds on or trains further
   * @param kept folder for outputs of frozen networks
   * @throws CurrywurstException if a setting is wrong, the sizes don't fit, or the model lacks a
   *     part
   */
  static StageRecipe read(
      RunConfig config, int resolution, Optional<ModelFolder> model, Path kept) {
    NetworkSource source = new NetworkSource(config, new ModelParts(model, kept));
    return switch (config.stage()) {
      case STAGE_A -> StageARecipe.read(source, resolution);
      case STAGE_B -> StageBRecipe.read(source, resolution);
      case STAGE_C -> StageCRecipe.read(source, resolution);
      case CLIP -> ClipRecipe.read(source, resolution);
    };
  }

  /** Sizes, objective and the content of the model it builds on, for the run's description. */
  ObjectNode describe();

  /**
   * Checks how it is to be trained, which settings alone decide: told now and not after hours of
   * painting class pictures.
   *
   * @param plan how pictures become samples
   * @param checkpointing whether blocks are computed again on the way back
   * @param saved which weights are written at the end
   * @throws CurrywurstException if that does not go together with the objective
   */
  default void check(PictureBatches.Plan plan, boolean checkpointing, Saved saved) {}

  /** Sentences that a user should read before the training begins. */
  default List<String> notices() {
    return List.of();
  }

  /**
   * The memory that the training will take, where the stage can tell.
   *
   * @param batchSize samples that go through the networks together
   * @param checkpointing whether blocks are computed again on the way back
   */
  default Optional<MemoryEstimate> memory(
      Learner.Settings learning, int batchSize, DType dtype, boolean checkpointing) {
    return Optional.empty();
  }

  /** Reads and makes the networks. The stage owns the lessons from then on. */
  Stage build(Lessons lessons);
}
