package dev.currywurst.wuerstchen;

import dev.currywurst.nn.BatchNorm2d;
import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.ConvTranspose2d;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stage A: a VQGAN between pictures and latents with a quarter of their sides. {@code
 * PaellaVQModel} in diffusers; Rampas et al. 2022 (Paella), used as it is by Pernias et al. 2023.
 *
 * <p>Pictures are RGB from 0 to 1. Latents here are Stage A's own; Stage B works on them divided by
 * {@link StageAConfig#scale()}. Generation does not quantise: Stage B's latents are decoded as they
 * are.
 */
public final class StageA implements AutoCloseable {
  /** One layer of the encoder or decoder that keeps or changes the resolution. */
  private sealed interface Layer {
    record Mix(MixingBlock block) implements Layer {}

    record Shrink(Conv2d conv) implements Layer {}

    record Enlarge(ConvTranspose2d conv) implements Layer {}
  }

  private final StageAConfig config;
  private final Parameters parameters;
  private final Conv2d in;
  private final List<Layer> encoder = new ArrayList<>();
  private final Conv2d toLatent;
  private final BatchNorm2d latentNorm;
  private final Tensor codebook;
  private final Conv2d fromLatent;
  private final List<Layer> decoder = new ArrayList<>();
  private final Conv2d out;

  public StageA(StageAConfig config, Parameters p) {
    this.config = config;
    this.parameters = p;
    int levels = config.levels();
    int patch = config.patchSize() * config.patchSize();
    this.in =
        new Conv2d(
            p.at("in_block").at(1),
            (long) config.pictureChannels() * patch,
            config.width(0),
            Conv2d.Shape.POINTWISE);
    Parameters down = p.at("down_blocks");
    for (int level = 0; level < levels; level++) {
      if (level > 0) {
        encoder.add(
            new Layer.Shrink(
                new Conv2d(
                    down.at(encoder.size()),
                    config.width(level - 1),
                    config.width(level),
                    Conv2d.Shape.strided(4, 2, 1))));
      }
      encoder.add(new Layer.Mix(new MixingBlock(down.at(encoder.size()), config.width(level))));
    }
    Parameters bottom = down.at(encoder.size());
    this.toLatent =
        new Conv2d(
            bottom.at(0),
            config.width(),
            config.latentChannels(),
            Conv2d.Shape.POINTWISE,
            Init.XAVIER,
            false);
    this.latentNorm = new BatchNorm2d(bottom.at(1), config.latentChannels(), 1e-5);
    this.codebook =
        p.weight(
            "vquantizer.embedding.weight",
            Init.uniform(1.0 / config.codes()),
            config.codes(),
            config.latentChannels());
    Parameters up = p.at("up_blocks");
    this.fromLatent =
        new Conv2d(up.at(0).at(0), config.latentChannels(), config.width(), Conv2d.Shape.POINTWISE);
    int at = 1;
    for (int level = levels - 1; level >= 0; level--) {
      int width = config.width(level);
      int blocks = level == levels - 1 ? config.bottleneckBlocks() : 1;
      for (int i = 0; i < blocks; i++) {
        decoder.add(new Layer.Mix(new MixingBlock(up.at(at++), width)));
      }
      if (level > 0) {
        decoder.add(
            new Layer.Enlarge(
                new ConvTranspose2d(up.at(at++), width, config.width(level - 1), 4, 2, 1)));
      }
    }
    this.out =
        new Conv2d(
            p.at("out_block").at(0),
            config.width(0),
            (long) config.pictureChannels() * patch,
            Conv2d.Shape.POINTWISE);
  }

  /**
   * Compresses pictures, without quantising.
   *
   * @param pictures [B, 3, H, W] from 0 to 1, sides divisible by {@link StageAConfig#compression()}
   * @return [B, latentChannels, H/4, W/4]
   */
  public Tensor encode(Tensor pictures) {
    return encode(pictures, false);
  }

  /** As {@link #encode(Tensor)}; {@code training} normalises by the batch's own statistics. */
  public Tensor encode(Tensor pictures, boolean training) {
    return Scope.tidy(
        () -> {
          Tensor patches =
              Functional.pixelUnshuffle(pictures.to(parameters.dtype()), config.patchSize());
          Tensor h = in.applyChannelsLast(patches.channelsLast()); // [B, H/2, W/2, finest]
          for (Layer layer : encoder) {
            h = through(layer, h);
          }
          Tensor latents = toLatent.applyChannelsLast(h).channelsFirst().contiguous();
          return latentNorm.apply(latents, training);
        });
  }

  /**
   * Makes pictures from latents.
   *
   * @param latents [B, latentChannels, h, w] in Stage A's own scale
   * @return [B, 3, 4h, 4w], about 0 to 1 but not clamped
   */
  public Tensor decode(Tensor latents) {
    return Scope.tidy(
        () -> {
          Tensor h = fromLatent.applyChannelsLast(latents.to(parameters.dtype()).channelsLast());
          for (Layer layer : decoder) {
            h = through(layer, h);
          }
          Tensor pixels = out.applyChannelsLast(h).channelsFirst().contiguous();
          return Functional.pixelShuffle(pixels, config.patchSize());
        });
  }

  private static Tensor through(Layer layer, Tensor x) {
    return Scope.tidy(
        () -> {
          if (layer instanceof Layer.Mix mix) {
            return mix.block().apply(x);
          }
          if (layer instanceof Layer.Shrink shrink) {
            return shrink.conv().applyChannelsLast(x);
          }
          return ((Layer.Enlarge) layer).conv().applyChannelsLast(x);
        });
  }

  /** The nearest codebook row of each latent pixel: int64 [B·h·w], row-major. */
  public Tensor nearestCodes(Tensor latents) {
    return Scope.tidy(
        () -> {
          Tensor pixels =
              latents.to(DType.FLOAT32).channelsLast().reshape(-1, config.latentChannels());
          return Functional.distances(pixels, codebook.to(DType.FLOAT32)).argmin(1);
        });
  }

  /** The codebook rows of {@code codes}, as latents of the given shape [B, C, h, w]. */
  public Tensor lookUp(Tensor codes, long... shape) {
    return Scope.tidy(
        () ->
            Functional.embedding(codebook, codes)
                .reshape(shape[0], shape[2], shape[3], shape[1])
                .channelsFirst()
                .contiguous());
  }

  /** Latents with each pixel replaced by its nearest codebook row. */
  public Tensor quantize(Tensor latents) {
    return Scope.tidy(() -> lookUp(nearestCodes(latents), latents.shape()));
  }

  public StageAConfig config() {
    return config;
  }

  /** The weights, by diffusers' names. */
  public Parameters parameters() {
    return parameters;
  }

  /** Those of the weights that {@link #decode} reads; the others make latents. */
  public Map<String, Tensor> decoderWeights() {
    Map<String, Tensor> weights = new LinkedHashMap<>(parameters.weights());
    weights
        .keySet()
        .removeIf(name -> !name.startsWith("up_blocks.") && !name.startsWith("out_block."));
    return weights;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
