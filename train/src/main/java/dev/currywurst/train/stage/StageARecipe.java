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
    int resolution,
    StageAConfig size,
    StageATraining.Objective objective,
    DiscriminatorSize discriminator,
    ObjectNode settings)
    implements StageRecipe {
  private static final List<Component> BASIS = List.of(Component.VQGAN);

  /** Halvings, and the widest number of channels. */
  private record DiscriminatorSize(int depth, int width) {}

  static StageARecipe read(NetworkSource source, int resolution) {
    StageAConfig size = source.size(Component.VQGAN, "vqgan", StageAConfig::read);
    NetworkSource.requireMultiple(resolution, size.compression(), Component.VQGAN.toString());
    ConfigFile file = source.config().part("objective");
    BoundedConfig numbers = new BoundedConfig(file);
    StageATraining.Objective objective =
        new StageATraining.Objective(
            numbers.weight(0.5, "absolute_error"),
            numbers.share(0.1, "quantized_share"),
            numbers.weight(0, "latent_noise"),
            numbers.weight(0.1, "codebook"),
            numbers.weight(0, "adversarial"),
            numbers.atLeast(0, 0, "adversarial_from"),
            file.booleanValue(true, "train_encoder"));
    file.requireAllKnown();
    if (!objective.trainsEncoder() && !source.basis().has(Component.VQGAN)) {
      throw new CurrywurstException(
          file.origin()
              + ": latents of a fresh encoder tell little of pictures until it is trained; leave out train_encoder, or give a --model with a Stage A.");
    }
    ConfigFile opponent = source.config().part("discriminator");
    BoundedConfig sizes = new BoundedConfig(opponent);
    DiscriminatorSize discriminator =
        new DiscriminatorSize(sizes.atLeast(1, 6, "depth"), sizes.atLeast(1, 512, "width"));
    opponent.requireAllKnown();
    ObjectNode settings = ConfigFile.newObject();
    settings.set("objective", file.effective());
    if (objective.adversarial() > 0) {
      settings.set("discriminator", opponent.effective());
    }
    return new StageARecipe(source, resolution, size, objective, discriminator, settings);
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
    try (Opening opening = new Opening()) {
      Draws draws = lessons.draws();
      StageA network =
          opening.add(
              source.trainable(
                  Component.VQGAN, draws, NetworkSource.Stream.STAGE_A, p -> new StageA(size, p)),
              StageA::close);
      boolean keepsScale = source.basis().has(Component.VQGAN);
      return opening.done(
          new StageATraining(
              new StageATraining.Networks(network, opponent(draws), keepsScale),
              objective,
              lessons,
              new ModelResult(source.basis(), resolution)));
    }
  }

  private @Nullable Discriminator opponent(Draws draws) {
    return objective.adversarial() > 0
        ? new Discriminator(
            discriminator.depth(),
            discriminator.width(),
            NetworkSource.fresh(draws, NetworkSource.Stream.DISCRIMINATOR))
        : null;
  }
}
