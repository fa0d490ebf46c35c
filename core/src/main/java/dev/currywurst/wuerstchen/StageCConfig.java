package dev.currywurst.wuerstchen;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;

/**
 * The size of a Stage C.
 *
 * @param latentChannels channels of the compressed latent, {@code c_in}
 * @param width channels inside, {@code c}
 * @param textWidth width of the text states, {@code c_cond}
 * @param levelWidth width of the noise level's embedding, {@code c_r}
 * @param depth number of residual, noise-level and attention triples
 * @param heads attention heads, {@code nhead}
 * @param dropout while training
 */
public record StageCConfig(
    int latentChannels,
    int width,
    int textWidth,
    int levelWidth,
    int depth,
    int heads,
    double dropout) {

  /** The published model: 994 million parameters. */
  public static final StageCConfig PUBLISHED = new StageCConfig(16, 1536, 1280, 64, 32, 24, 0.1);

  public StageCConfig {
    if (latentChannels < 1 || width < 1 || textWidth < 1 || levelWidth < 4 || depth < 1) {
      throw new CurrywurstException(
          "Stage C needs at least one channel of each kind, one block and a noise level embedding"
              + " of 4.");
    }
    if (heads < 1 || width % heads != 0) {
      throw new CurrywurstException(
          "Stage C's width %d cannot be split into %d attention heads.".formatted(width, heads));
    }
  }

  /**
   * Reads a published {@code config.json}.
   *
   * @throws CurrywurstException if it says something that this network cannot be
   */
  public static StageCConfig read(ConfigFile file) {
    StageCConfig config =
        new StageCConfig(
            file.intValue(16, "c_in"),
            file.intValue(1280, "c", "c_hidden"),
            file.intValue(1024, "c_cond"),
            file.intValue(64, "c_r"),
            file.intValue(16, "depth"),
            file.intValue(16, "nhead"),
            file.doubleValue(0.1, "dropout"));
    file.ignore("latent_size");
    // What diffusers' EMAModel notes beside the network's own.
    file.ignore("decay", "min_decay", "optimization_step", "update_after_step");
    file.ignore("use_ema_warmup", "inv_gamma", "power").requireAllKnown();
    return config;
  }

  /** In diffusers' names. */
  public ObjectNode toJson() {
    return ConfigFile.newObject()
        .put("_class_name", "WuerstchenPrior")
        .put("c_in", latentChannels)
        .put("c", width)
        .put("c_cond", textWidth)
        .put("c_r", levelWidth)
        .put("depth", depth)
        .put("nhead", heads)
        .put("dropout", dropout);
  }
}
