package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.ConvTranspose2d;
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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One resolution of Stage B on the way down or up, with the change of resolution at its border. */
final class StageBLevel {
  private static final double EPS = 1e-6;

  private sealed interface Block {
    record Residual(ResidualBlock block) implements Block {}

    record NoiseLevel(NoiseLevelBlock block) implements Block {}

    record Attention(AttentionBlock block) implements Block {}
  }

  private final List<Block> blocks = new ArrayList<>();
  private final @Nullable Conv2d mapper;
  private @Nullable Conv2d shrink;
  private @Nullable ConvTranspose2d enlarge;

  private StageBLevel(@Nullable Conv2d mapper) {
    this.mapper = mapper;
  }

  static StageBLevel down(StageBConfig config, int index, Parameters p, @Nullable Conv2d mapper) {
    StageBLevel level = new StageBLevel(mapper);
    int first = 0;
    if (index > 0) {
      int finer = config.levels().get(index - 1).width();
      int own = config.levels().get(index).width();
      level.shrink = new Conv2d(p.at(0).at(1), finer, own, Conv2d.Shape.strided(2, 2, 0));
      first = 1;
    }
    level.addBlocks(config, index, p, first, 0);
    return level;
  }

  static StageBLevel up(StageBConfig config, int index, Parameters p, @Nullable Conv2d mapper) {
    StageBLevel level = new StageBLevel(mapper);
    int own = config.levels().get(index).width();
    boolean coarsest = index == config.levels().size() - 1;
    int next = level.addBlocks(config, index, p, 0, coarsest ? 0 : own);
    if (index > 0) {
      int finer = config.levels().get(index - 1).width();
      level.enlarge = new ConvTranspose2d(p.at(next).at(1), own, finer, 2, 2, 0);
    }
    return level;
  }

  /** Only the first residual block on the way up sees the skip connection. */
  private int addBlocks(StageBConfig config, int index, Parameters p, int first, int skip) {
    StageBConfig.Level level = config.levels().get(index);
    int total = config.levels().stream().mapToInt(StageBConfig.Level::repeats).sum();
    // The original's rescaling, once for each block; diffusers' own repeats it hundreds of times.
    Init contract = Init.XAVIER.scaled(Math.sqrt(1.0 / total));
    int semantic = level.seesSemantics() ? config.conditionWidth() : 0;
    int at = first;
    for (char kind : level.pattern().repeat(level.repeats()).toCharArray()) {
      Parameters block = p.at(at);
      blocks.add(
          switch (kind) {
            case 'T' ->
                new Block.NoiseLevel(
                    new NoiseLevelBlock(block, level.width(), config.levelWidth()));
            case 'A' ->
                new Block.Attention(
                    new AttentionBlock(
                        block,
                        level.width(),
                        config.conditionWidth(),
                        level.heads(),
                        level.dropout()));
            default ->
                new Block.Residual(
                    new ResidualBlock(
                        block,
                        level.width(),
                        new ResidualBlock.Shape(
                            config.kernel(),
                            at == first ? skip : 0,
                            semantic,
                            level.dropout(),
                            contract),
                        mapper));
          });
      at++;
    }
    return at;
  }

  /**
   * What does not change from step to step.
   *
   * @param rows pictures, or twice as many under guidance
   * @param semantics the Stage C latent resized to this level, [R, H, W, 16], or null
   * @param expansions for each block, null where it is no residual block
   * @param memories for each block, null where it is no attention
   */
  record Conditioning(
      long rows,
      @Nullable Tensor semantics,
      List<@Nullable Linear> expansions,
      List<AttentionBlock.@Nullable Memory> memories) {

    void keepIn(Scope scope) {
      if (semantics != null) {
        scope.keep(semantics);
      }
      for (Linear expansion : expansions) {
        if (expansion != null) {
          expansion.keepIn(scope);
        }
      }
      for (AttentionBlock.Memory memory : memories) {
        if (memory != null) {
          scope.keep(memory.keys());
          scope.keep(memory.values());
        }
      }
    }
  }

  Conditioning condition(Tensor text, Tensor semantics, long height, long width) {
    try (Scope scope = Scope.open()) {
      Tensor resized =
          mapper == null
              ? null
              : Functional.bicubicAligned(semantics.to(DType.FLOAT32), height, width)
                  .to(text.dtype())
                  .channelsLast();
      List<@Nullable Linear> expansions = new ArrayList<>();
      List<AttentionBlock.@Nullable Memory> memories = new ArrayList<>();
      for (Block block : blocks) {
        expansions.add(
            block instanceof Block.Residual residual ? residual.block().expansion() : null);
        memories.add(
            block instanceof Block.Attention attention ? attention.block().memory(text) : null);
      }
      Conditioning conditioning =
          new Conditioning(semantics.size(0), resized, expansions, memories);
      conditioning.keepIn(scope);
      return conditioning;
    }
  }

  List<NoiseLevelBlock> noiseLevelBlocks() {
    return blocks.stream()
        .filter(Block.NoiseLevel.class::isInstance)
        .map(block -> ((Block.NoiseLevel) block).block())
        .toList();
  }

  /** [B, H, W, C] through this level; {@code skip} is the way down's output at this resolution. */
  Tensor apply(
      Tensor x,
      @Nullable Tensor skip,
      NoiseLevels noiseLevels,
      Conditioning conditioning,
      Dropout random) {
    return Scope.tidy(
        () -> {
          Tensor h = x;
          if (shrink != null) {
            h = shrink.applyChannelsLast(Functional.layerNorm(h, EPS));
          }
          Tensor pending = skip;
          for (int i = 0; i < blocks.size(); i++) {
            h = step(i, h, pending, noiseLevels, conditioning, random);
            pending = null;
          }
          if (enlarge != null) {
            h = enlarge.applyChannelsLast(Functional.layerNorm(h, EPS));
          }
          return h;
        });
  }

  private Tensor step(
      int index,
      Tensor x,
      @Nullable Tensor skip,
      NoiseLevels noiseLevels,
      Conditioning conditioning,
      Dropout random) {
    return Scope.tidy(
        () -> {
          Block block = blocks.get(index);
          if (block instanceof Block.NoiseLevel level) {
            return level.block().apply(x, noiseLevels);
          }
          if (block instanceof Block.Attention attention) {
            return attention
                .block()
                .apply(conditioned(x, conditioning), conditioning.memories().get(index), random);
          }
          ResidualBlock residual = ((Block.Residual) block).block();
          Tensor semantics = conditioning.semantics();
          Tensor h = semantics == null ? x : conditioned(x, conditioning);
          // Under guidance the way down may have been computed once for both halves.
          Tensor matching = skip == null ? null : StageC.repeated(skip, h.size(0));
          Linear expansion = Objects.requireNonNull(conditioning.expansions().get(index));
          return residual.apply(h, matching, semantics, expansion, random);
        });
  }

  /** Before the first condition enters, pictures that differ in their conditions alone are one. */
  private static Tensor conditioned(Tensor x, Conditioning conditioning) {
    return StageC.repeated(x, Math.max(x.size(0), conditioning.rows()));
  }
}
