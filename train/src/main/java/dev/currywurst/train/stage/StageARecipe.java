package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.Component;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.random.Draws;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stage A before its training. */
record StageARecipe(
    NetworkSource source,
    StageAConfig size,
    StageATraining.Objective objective,
    JudgeSize judge,
    ObjectNode settings)
    implements StageRecipe {
  private static final List<Component> BASIS = List.of(Component.VQGAN);

  /** The size of the discriminator. */
  private record JudgeSize(int depth, int width) {}

  static StageARecipe read(NetworkSource source, int resolution) {
    StageAConfig size = source.size(Component.VQGAN, "vqgan", StageAConfig::read);
    NetworkSource.requireMultiple(resolution, size.compression(), Component.VQGAN.toString());
    ConfigFile file = source.config().part("objective");
    StageATraining.Objective objective =
        new StageATraining.Objective(
            file.doubleValue(0.5, "absolute_error"),
            file.doubleValue(1.0, "quantized_share"),
            file.doubleValue(1.0, "codebook"),
            file.doubleValue(0.0, "adversarial"),
            file.intValue(0, "adversarial_from"),
            file.booleanValue(true, "train_encoder"));
    file.requireAllKnown();
    if (!objective.trainsEncoder() && !source.basis().has(Component.VQGAN)) {
      throw new CurrywurstException(
          file.origin()
              + ": latents of a fresh encoder tell little of pictures until it is trained; leave out train_encoder, or give a --model with a Stage A.");
    }
    ConfigFile discriminator = source.config().part("discriminator");
    JudgeSize judge =
        new JudgeSize(discriminator.intValue(6, "depth"), discriminator.intValue(512, "width"));
    discriminator.requireAllKnown();
    ObjectNode settings = ConfigFile.newObject();
    settings.set("objective", file.effective());
    if (objective.adversarial() > 0) {
      settings.set("discriminator", discriminator.effective());
    }
    return new StageARecipe(source, size, objective, judge, settings);
  }

  @Override
  public ObjectNode describe() {
    ObjectNode json = settings.deepCopy();
    json.set("vqgan", size.toJson());
    json.set("model", source.basis().fingerprints(BASIS));
    return json;
  }

  @Override
  public Stage build(Lessons lessons) {
    StageA network =
        source.trainable(Component.VQGAN, lessons.draws(), 0, p -> new StageA(size, p));
    return new StageATraining(
        new StageATraining.Networks(
            network, discriminator(lessons.draws()), source.basis().has(Component.VQGAN)),
        objective,
        lessons);
  }

  private @Nullable Discriminator discriminator(Draws draws) {
    return objective.adversarial() > 0
        ? new Discriminator(judge.depth(), judge.width(), NetworkSource.fresh(draws, 1))
        : null;
  }
}
