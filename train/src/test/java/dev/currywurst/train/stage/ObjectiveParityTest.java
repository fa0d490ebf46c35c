package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.train.optim.AdamW;
import dev.currywurst.train.optim.Learner;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Five steps of training Stage C by each objective, against PyTorch on diffusers' network and its
 * {@code EMAModel}; {@code torch/make_objectives.py} in the resources makes the numbers. Rate 1e-3,
 * weight decay 0.01, gradients clipped to 1, a decay of 0.9, no dropout.
 */
class ObjectiveParityTest {
  private static final List<String> KEPT =
      List.of("out.1.weight", "blocks.0.channelwise.4.weight", "blocks.2.attention.to_q.weight");

  private final WeightFile given =
      WeightFile.open(Fixtures.wuerstchen().resolve("expected.safetensors"));
  private final WeightFile expected = WeightFile.open(resource());

  private static Path resource() {
    try {
      return Path.of(
          ObjectiveParityTest.class.getResource("/torch/objectives.safetensors").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void p2() {
    train("p2", Weighting.Fixed.P2, 0);
  }

  @Test
  void minSnr() {
    train("min_snr", new Weighting.MinSnr(0.5), 0);
  }

  /** Also the losses of the levels, which a checkpoint keeps. */
  @Test
  void adaptive() {
    train("adaptive", new Weighting.Adaptive(), 0);
  }

  /** The last of three samples is of the class: min-SNR weighs the two others alone. */
  @Test
  void priorPreservation() {
    train("class", new Weighting.MinSnr(0.5), 0.7);
  }

  private void train(String name, Weighting weighting, double classWeight) {
    NoiseObjective objective = new NoiseObjective(CosineSchedule.STANDARD, 1, weighting);
    Learner.Settings settings = new Learner.Settings(AdamW.Settings.DEFAULT, 1, 0.9);
    try (Scope scope = Scope.open();
        StageC stageC = withoutDropout();
        NoiseLoss noiseLoss = new NoiseLoss(objective);
        Learner learner = new Learner(stageC.parameters().weights(), settings)) {
      float[] losses = expected.tensor(name + ".losses").toFloats();
      float[] norms = expected.tensor(name + ".norms").toFloats();
      for (int step = 0; step < losses.length; step++) {
        try (Scope inner = Scope.open()) {
          learner.begin();
          Tensor loss = loss(stageC, noiseLoss, step, classWeight);
          loss.backward();
          assertThat(loss.item()).isCloseTo(losses[step], within(1e-5 * losses[step]));
          double norm = learner.update(1e-3, step);
          assertThat(norm).isCloseTo(norms[step], within(2e-5 * norms[step]));
          noiseLoss.endStep(true);
        }
      }
      for (String weight : KEPT) {
        compare(learner, "weight", name, weight);
        compare(learner, "average", name, weight);
      }
      noiseLoss
          .state()
          .values()
          .forEach(
              means ->
                  assertThat(means.toFloats())
                      .containsExactly(
                          expected.tensor("adaptive.means").toFloats(), within(1e-5f)));
    }
  }

  private void compare(Learner learner, String kind, String name, String weight) {
    Tensor after = learner.state().get(kind + "." + weight);
    Tensor there = expected.tensor("%s.%s.%s".formatted(name, kind, weight));
    assertThat(after.minus(there).abs().max().item()).as("%s of %s", kind, weight).isLessThan(1e-5);
  }

  private Tensor loss(StageC stageC, NoiseLoss noiseLoss, int step, double classWeight) {
    String prefix = "train.%d.".formatted(step);
    Tensor level = given.tensor(prefix + "t");
    Tensor noise = given.tensor(prefix + "noise");
    Tensor noisy = CosineSchedule.STANDARD.addNoise(given.tensor(prefix + "x0"), noise, level);
    StageC.Conditioning text = stageC.condition(given.tensor(prefix + "c"));
    Tensor predicted = stageC.denoise(noisy, stageC.levels(level), text);
    return classWeight == 0
        ? noiseLoss.of(predicted, noise, level)
        : noiseLoss.ofBoth(predicted, noise, level, level.size(0) - 1, classWeight);
  }

  private static StageC withoutDropout() {
    Path folder = Fixtures.wuerstchen().resolve("prior/prior");
    StageCConfig c = StageCConfig.read(ConfigFile.read(folder.resolve("config.json")));
    StageCConfig config =
        new StageCConfig(
            c.latentChannels(), c.width(), c.textWidth(), c.levelWidth(), c.depth(), c.heads(), 0);
    WeightFile file = WeightFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
    return WeightSource.writable(file, Device.CPU).build(p -> new StageC(config, p));
  }
}
