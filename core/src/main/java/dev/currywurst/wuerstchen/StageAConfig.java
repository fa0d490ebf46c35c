package dev.currywurst.wuerstchen;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;

/**
 * The size of a Stage A.
 *
 * @param pictureChannels {@code in_channels} and {@code out_channels}
 * @param patchSize pixels that the first layer joins, {@code up_down_scale_factor}
 * @param levels resolutions; each but the first halves the sides
 * @param bottleneckBlocks blocks of the decoder at the coarsest resolution
 * @param width channels at the coarsest resolution, {@code embed_dim}; halved a level
 * @param latentChannels channels of the latent
 * @param codes rows of the codebook, {@code num_vq_embeddings}
 * @param scale what Stage B's latents are multiplied with before decoding, {@code scale_factor}
 */
public record StageAConfig(
    int pictureChannels,
    int patchSize,
    int levels,
    int bottleneckBlocks,
    int width,
    int latentChannels,
    int codes,
    double scale) {

  /** The published model: 18 million parameters, sides divided by 4. */
  public static final StageAConfig PUBLISHED = new StageAConfig(3, 2, 2, 12, 384, 4, 8192, 0.3764);

  public StageAConfig {
    if (pictureChannels < 1
        || patchSize < 1
        || levels < 1
        || levels > 16
        || bottleneckBlocks < 0
        || latentChannels < 1
        || codes < 1
        || width >> (levels - 1) < 1
        || !(scale > 0)) {
      throw new CurrywurstException(
          "Stage A needs at least one level, one channel of each kind, one code and a scale above 0.");
    }
  }

  /** Pixels a side for each latent value: 4 in the published model. */
  public int compression() {
    return patchSize << (levels - 1);
  }

  /** Channels at a level, 0 being the finest. */
  public int width(int level) {
    return width >> (levels - 1 - level);
  }

  /**
   * Reads a published {@code config.json}.
   *
   * @throws CurrywurstException if it says something that this network cannot be
   */
  public static StageAConfig read(ConfigFile file) {
    int channels = file.intValue(3, "in_channels");
    if (file.intValue(channels, "out_channels") != channels) {
      throw new CurrywurstException(
          file.origin() + ": in_channels and out_channels differ; pictures go in and come out.");
    }
    StageAConfig config =
        new StageAConfig(
            channels,
            file.intValue(2, "up_down_scale_factor"),
            file.intValue(2, "levels"),
            file.intValue(12, "bottleneck_blocks"),
            file.intValue(384, "embed_dim"),
            file.intValue(4, "latent_channels"),
            file.intValue(8192, "num_vq_embeddings"),
            file.doubleValue(0.3764, "scale_factor"));
    file.requireAllKnown();
    return config;
  }

  /** In diffusers' names. */
  public ObjectNode toJson() {
    return ConfigFile.newObject()
        .put("_class_name", "PaellaVQModel")
        .put("in_channels", pictureChannels)
        .put("out_channels", pictureChannels)
        .put("up_down_scale_factor", patchSize)
        .put("levels", levels)
        .put("bottleneck_blocks", bottleneckBlocks)
        .put("embed_dim", width)
        .put("latent_channels", latentChannels)
        .put("num_vq_embeddings", codes)
        .put("scale_factor", scale);
  }
}
