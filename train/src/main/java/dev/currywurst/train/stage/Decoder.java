package dev.currywurst.train.stage;

import dev.currywurst.diffusion.AncestralSampler;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.diffusion.Guidance;
import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageB;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * Stages B and A, from the image encoder's maps to pictures, as evaluations paint them.
 *
 * @param text Stage B's tower, frozen
 * @param schedule of Stage B
 */
record Decoder(
    StageA stageA,
    StageB stageB,
    TextTower text,
    CosineSchedule schedule,
    Settings settings,
    Stopping stopping) {
  /** How Stage B paints what is judged; the weights that come out do not depend on it. */
  record Settings(int steps, Guidance guidance) {
    /** Reads {@code decoder_steps} and {@code decoder_guidance}. */
    static Settings read(ConfigFile file) {
      BoundedConfig numbers = new BoundedConfig(file);
      return new Settings(
          numbers.whole(1, 1000, 12, "decoder_steps"),
          new Guidance(numbers.weight(0, "decoder_guidance")));
    }
  }

  /**
   * Paints.
   *
   * @param maps [B, channels, h, w], the image encoder's or Stage C's
   * @param captions one for each
   * @param side of the pictures in pixels
   * @param source of the noise
   * @return [B][3][side][side] from 0 to 1
   */
  float[] paint(Tensor maps, List<String> captions, int side, NoiseSource source) {
    long latentSide = side / stageA.config().compression();
    StageB.Conditioning conditioning = condition(maps, captions, latentSide);
    Supplier<Tensor> noise =
        source.of(
            EvaluationNoise.Use.STAGE_B, stageB.config().latentChannels(), latentSide, latentSide);
    Guidance guidance = settings.guidance();
    AncestralSampler sampler =
        new AncestralSampler(schedule, Timesteps.evenlySpaced(settings.steps()));
    NoiseLevels levels = stageB.levels(sampler.levels());
    Tensor latents =
        sampler.sample(
            noise.get(),
            noise,
            (x, step) -> guidance.apply(stageB.denoise(x, levels.at(step), conditioning)),
            (step, x, expected) -> stopping.leave());
    return stageA.decode(latents.times(stageA.config().scale())).clamp(0, 1).toFloats();
  }

  /** As in generation: under guidance, no picture and no caption follow. */
  private StageB.Conditioning condition(Tensor maps, List<String> captions, long latentSide) {
    Guidance guidance = settings.guidance();
    List<String> texts = guidance.texts(captions, Collections.nCopies(captions.size(), ""));
    return stageB.condition(
        text.encodeFrozen(texts), guidance.withZeros(maps), latentSide, latentSide);
  }
}
