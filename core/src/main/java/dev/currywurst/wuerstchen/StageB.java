package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stage B: predicts the noise in a four times compressed picture from its Stage C latent and its
 * text. A U-net of {@link ResidualBlock}, {@link NoiseLevelBlock} and {@link AttentionBlock}.
 * {@code WuerstchenDiffNeXt} in diffusers; Pernias et al. 2023, section 3.
 */
public final class StageB implements AutoCloseable {
  private static final double EPS = 1e-6;

  /** Keeps the divisor of the output away from 0 and 1. */
  private static final double MARGIN = 1e-3;

  private final StageBConfig config;
  private final Parameters parameters;
  private final Linear textMapper;
  private final Conv2d embedding;
  private final List<StageBLevel> down = new ArrayList<>();
  private final List<StageBLevel> up = new ArrayList<>();
  private final Conv2d out;

  public StageB(StageBConfig config, Parameters p) {
    this.config = config;
    this.parameters = p;
    Init small = Init.normal(0.02);
    int patch = config.patchSize() * config.patchSize();
    int finest = config.levels().get(0).width();
    this.textMapper =
        new Linear(p.at("clip_mapper"), config.textWidth(), config.conditionWidth(), small, true);
    this.embedding =
        new Conv2d(
            p.at("embedding").at(1),
            (long) config.latentChannels() * patch,
            finest,
            Conv2d.Shape.POINTWISE,
            Init.XAVIER.scaled(0.02),
            true);
    int count = config.levels().size();
    for (int i = 0; i < count; i++) {
      down.add(StageBLevel.down(config, i, p.at("down_blocks").at(i), mapper(p, i, i)));
    }
    for (int i = 0; i < count; i++) {
      int level = count - 1 - i;
      Parameters blocks = p.at("up_blocks").at(i);
      up.add(StageBLevel.up(config, level, blocks, mapper(p, count + i, level)));
    }
    this.out =
        new Conv2d(
            p.at("clf").at(1),
            finest,
            2L * config.latentChannels() * patch,
            Conv2d.Shape.POINTWISE,
            Init.ZERO,
            true);
  }

  private @Nullable Conv2d mapper(Parameters p, int index, int level) {
    return config.levels().get(level).seesSemantics()
        ? new Conv2d(
            p.at("effnet_mappers").at(index),
            config.semanticChannels(),
            config.conditionWidth(),
            Conv2d.Shape.POINTWISE,
            Init.normal(0.02),
            true)
        : null;
  }

  /** What text and Stage C latent contribute to each level; the same at every step. */
  public record Conditioning(
      long rows, List<StageBLevel.Conditioning> down, List<StageBLevel.Conditioning> up) {}

  /**
   * Takes text and semantics in.
   *
   * @param textStates [R or 1, T, textWidth] for any T
   * @param semantics Stage C latents as the encoder makes them (not divided by 42), [R,
   *     semanticChannels, h, w]; zeros for the unconditional half of guidance
   * @param height of the latents that will be denoised
   * @param width of the latents that will be denoised
   */
  public Conditioning condition(Tensor textStates, Tensor semantics, long height, long width) {
    try (Scope scope = Scope.open()) {
      Tensor text = Functional.layerNorm(textMapper.apply(textStates), EPS);
      List<StageBLevel.Conditioning> downs = new ArrayList<>();
      List<StageBLevel.Conditioning> ups = new ArrayList<>();
      int count = config.levels().size();
      for (int i = 0; i < count; i++) {
        long scale = (long) config.patchSize() << i;
        downs.add(down.get(i).condition(text, semantics, height / scale, width / scale));
      }
      for (int i = 0; i < count; i++) {
        long scale = (long) config.patchSize() << (count - 1 - i);
        ups.add(up.get(i).condition(text, semantics, height / scale, width / scale));
      }
      downs.forEach(level -> level.keepIn(scope));
      ups.forEach(level -> level.keepIn(scope));
      return new Conditioning(semantics.size(0), downs, ups);
    }
  }

  /** Takes noise levels in: {@code levels} is [n], from 0 to 1, float32. */
  public NoiseLevels levels(Tensor levels) {
    List<NoiseLevelBlock> blocks = new ArrayList<>();
    down.forEach(level -> blocks.addAll(level.noiseLevelBlocks()));
    up.forEach(level -> blocks.addAll(level.noiseLevelBlocks()));
    return NoiseLevels.of(levels, config.levelWidth(), parameters, blocks);
  }

  /**
   * The predicted noise.
   *
   * @param x noisy latents [B, latentChannels, H, W], sides divisible by {@link
   *     StageBConfig#multiple()}
   * @param levels one noise level for all pictures, or one for each of B
   * @param conditioning with B rows or a multiple of them: then x stands for each of them, and the
   *     levels that see no condition are computed once
   * @return [R, latentChannels, H, W], in x's type
   */
  public Tensor denoise(Tensor x, NoiseLevels levels, Conditioning conditioning) {
    return denoise(x, levels, conditioning, Dropout.OFF);
  }

  /** As {@link #denoise(Tensor, NoiseLevels, Conditioning)}, with dropout for training. */
  public Tensor denoise(Tensor x, NoiseLevels levels, Conditioning conditioning, Dropout random) {
    return Scope.tidy(
        () -> {
          DType dtype = parameters.dtype();
          Tensor patches = Functional.pixelUnshuffle(x.to(dtype), config.patchSize());
          Tensor h = Functional.layerNorm(embedding.applyChannelsLast(patches.channelsLast()), EPS);
          h = throughLevels(h, levels, conditioning, random); // [R, H/2, W/2, finest]
          Tensor ab = out.applyChannelsLast(Functional.layerNorm(h, EPS));
          var halves =
              Functional.pixelShuffle(ab.channelsFirst().contiguous(), config.patchSize())
                  .to(DType.FLOAT32)
                  .halves(1);
          Tensor b = halves.second().sigmoid().times(1 - 2 * MARGIN).plus(MARGIN);
          Tensor input = StageC.repeated(x, h.size(0)).to(DType.FLOAT32);
          return input.minus(halves.first()).dividedBy(b).to(x.dtype());
        });
  }

  private Tensor throughLevels(
      Tensor x, NoiseLevels levels, Conditioning conditioning, Dropout random) {
    return Scope.tidy(
        () -> {
          List<Tensor> outputs = new ArrayList<>();
          Tensor h = x;
          for (int i = 0; i < down.size(); i++) {
            h = down.get(i).apply(h, null, levels, conditioning.down().get(i), random);
            outputs.add(0, h);
          }
          for (int i = 0; i < up.size(); i++) {
            Tensor skip = i == 0 ? null : outputs.get(i);
            h = up.get(i).apply(h, skip, levels, conditioning.up().get(i), random);
          }
          return StageC.repeated(h, Math.max(h.size(0), conditioning.rows()));
        });
  }

  public StageBConfig config() {
    return config;
  }

  /** The weights, by diffusers' names. */
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
