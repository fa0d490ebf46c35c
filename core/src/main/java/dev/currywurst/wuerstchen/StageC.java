package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Checkpointing;
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
 * Stage C: predicts the noise in a 42 times compressed picture from text. {@code WuerstchenPrior}
 * in diffusers; Pernias et al. 2023, section 3.
 */
public final class StageC implements AutoCloseable {
  private static final double EPS = 1e-6;

  private record Block(ResidualBlock residual, NoiseLevelBlock level, AttentionBlock attention) {}

  private final StageCConfig config;
  private final Parameters parameters;
  private final Conv2d projection;
  private final Linear textIn;
  private final Linear textOut;
  private final List<Block> blocks = new ArrayList<>();
  private final Conv2d out;

  public StageC(StageCConfig config, Parameters p) {
    this.config = config;
    this.parameters = p;
    int width = config.width();
    Init small = Init.normal(0.02);
    this.projection =
        new Conv2d(
            p.at("projection"),
            config.latentChannels(),
            width,
            Conv2d.Shape.POINTWISE,
            small,
            true);
    this.textIn = new Linear(p.at("cond_mapper").at(0), config.textWidth(), width, small, true);
    this.textOut = new Linear(p.at("cond_mapper").at(2), width, width, small, true);
    // The original's rescaling by depth keeps the residual sum's variance; diffusers has none.
    Init contract = Init.XAVIER.scaled(Math.sqrt(1.0 / config.depth()));
    var shape = new ResidualBlock.Shape(3, 0, 0, config.dropout(), contract);
    for (int i = 0; i < config.depth(); i++) {
      Parameters block = p.at("blocks");
      blocks.add(
          new Block(
              new ResidualBlock(block.at(3 * i), width, shape),
              new NoiseLevelBlock(block.at(3 * i + 1), width, config.levelWidth()),
              new AttentionBlock(
                  block.at(3 * i + 2), width, width, config.heads(), config.dropout())));
    }
    this.out =
        new Conv2d(
            p.at("out").at(1),
            width,
            2L * config.latentChannels(),
            Conv2d.Shape.POINTWISE,
            Init.ZERO,
            true);
  }

  /** What the text contributes to each block; the same at every step. */
  public record Conditioning(List<AttentionBlock.Memory> memories) {}

  /** Takes the text in. {@code textStates} is [R, T, textWidth] for any T; no row is masked. */
  public Conditioning condition(Tensor textStates) {
    try (Scope scope = Scope.open()) {
      Tensor mapped =
          textOut.apply(Functional.leakyRelu(textIn.apply(textStates), 0.2)); // [R, T, C]
      List<AttentionBlock.Memory> memories =
          AttentionBlock.memories(mapped, blocks.stream().map(Block::attention).toList());
      for (AttentionBlock.Memory memory : memories) {
        scope.keep(memory.keys());
        scope.keep(memory.values());
      }
      return new Conditioning(memories);
    }
  }

  /** Takes noise levels in: {@code levels} is [n], from 0 to 1, float32. */
  public NoiseLevels levels(Tensor levels) {
    return NoiseLevels.of(
        levels, config.levelWidth(), parameters, blocks.stream().map(Block::level).toList());
  }

  /**
   * The predicted noise.
   *
   * @param x noisy latents [B, latentChannels, h, w]
   * @param levels one noise level for all pictures, or one for each of B
   * @param conditioning with B rows, one row, or a multiple of B rows: then x stands for each of
   *     them, and what no text has touched yet is computed once
   * @return [max(B, R), latentChannels, h, w], in x's type
   */
  public Tensor denoise(Tensor x, NoiseLevels levels, Conditioning conditioning) {
    return denoise(x, levels, conditioning, Dropout.OFF);
  }

  /** As {@link #denoise(Tensor, NoiseLevels, Conditioning)}, with dropout for training. */
  public Tensor denoise(Tensor x, NoiseLevels levels, Conditioning conditioning, Dropout random) {
    return denoise(x, levels, conditioning, random, null);
  }

  /**
   * As {@link #denoise(Tensor, NoiseLevels, Conditioning, Dropout)}, with blocks that are computed
   * again on the way back.
   *
   * @param checkpointing which then does the backward pass; null for none
   */
  public Tensor denoise(
      Tensor x,
      NoiseLevels levels,
      Conditioning conditioning,
      Dropout random,
      @Nullable Checkpointing checkpointing) {
    return Scope.tidy(
        () -> {
          Halves ab = split(x, levels, conditioning, random, checkpointing);
          Tensor input = repeated(x, ab.a().size(0));
          // In float32: b near 1 amplifies, and 1e-5 vanishes in half precision.
          return input
              .to(DType.FLOAT32)
              .minus(ab.a())
              .dividedBy(ab.b().negate().plus(1).abs().plus(1e-5))
              .to(x.dtype());
        });
  }

  /** The two outputs before the division, float32: noise = (x - a) / (|1 - b| + 0.00001). */
  record Halves(Tensor a, Tensor b) {}

  Halves split(Tensor x, NoiseLevels levels, Conditioning conditioning, Dropout random) {
    return split(x, levels, conditioning, random, null);
  }

  private Halves split(
      Tensor x,
      NoiseLevels levels,
      Conditioning conditioning,
      Dropout random,
      @Nullable Checkpointing checkpointing) {
    try (Scope scope = Scope.open()) {
      DType dtype = parameters.dtype();
      Tensor h = projection.applyChannelsLast(x.to(dtype).channelsLast()); // [B, h, w, C]
      for (int i = 0; i < blocks.size(); i++) {
        Block block = blocks.get(i);
        AttentionBlock.Memory memory = conditioning.memories().get(i);
        NoiseLevels.Modulation level = levels.of(block.level());
        List<Tensor> inputs =
            List.of(h, level.scale(), level.shift(), memory.keys(), memory.values());
        h =
            checkpointing == null
                ? step(block, inputs, random)
                : checkpointing.run(inputs, again -> step(block, again, random), random);
      }
      Tensor ab = out.applyChannelsLast(Functional.layerNorm(h, EPS)); // [R, h, w, 2·latent]
      var halves = ab.channelsFirst().contiguous().to(DType.FLOAT32).halves(1);
      return new Halves(scope.keep(halves.first()), scope.keep(halves.second()));
    }
  }

  /**
   * A block.
   *
   * @param inputs the picture, scale and shift by its noise level, keys and values of its text
   */
  private static Tensor step(Block block, List<Tensor> inputs, Dropout random) {
    return Scope.tidy(
        () -> {
          Tensor h = block.residual().apply(inputs.get(0), random);
          h = NoiseLevelBlock.apply(h, new NoiseLevels.Modulation(inputs.get(1), inputs.get(2)));
          h = repeated(h, Math.max(h.size(0), inputs.get(3).size(0)));
          return block
              .attention()
              .apply(h, new AttentionBlock.Memory(inputs.get(3), inputs.get(4)), random);
        });
  }

  /** x over and over along the batch until there are {@code rows}: [x, x] under guidance. */
  static Tensor repeated(Tensor x, long rows) {
    if (x.size(0) == rows) {
      return x;
    }
    List<Tensor> copies = new ArrayList<>();
    for (long i = 0; i < rows / x.size(0); i++) {
      copies.add(x);
    }
    return Tensor.cat(copies, 0);
  }

  public StageCConfig config() {
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
