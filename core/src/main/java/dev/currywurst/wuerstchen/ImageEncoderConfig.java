package dev.currywurst.wuerstchen;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.List;

/**
 * The size of an image encoder: an EfficientNet v2 (Tan and Le 2021) and a 1x1 layer to the Stage C
 * latent.
 *
 * @param latentChannels channels of the Stage C latent, {@code c_latent}
 * @param lastChannels channels before the last layer, {@code c_cond}
 * @param stages from fine to coarse, after a first convolution that halves the sides
 * @param stochasticDepth probability of skipping the last block while training, falling to 0 at the
 *     first
 */
public record ImageEncoderConfig(
    int latentChannels, int lastChannels, List<Stage> stages, double stochasticDepth) {

  /**
   * Width of the squeezed channels of a squeeze-and-excitation, as a share of the block's input.
   */
  static final int SQUEEZE = 4;

  /**
   * Blocks of one kind.
   *
   * @param fused whether expansion and depthwise convolution are one full convolution
   * @param expansion how much wider the block is inside
   * @param kernel side of its convolution
   * @param stride of the first block; the others have 1
   * @param in channels into the first block
   * @param out channels out of every block
   * @param layers number of blocks
   */
  public record Stage(
      boolean fused, int expansion, int kernel, int stride, int in, int out, int layers) {
    public Stage {
      if (expansion < 1
          || kernel < 1
          || kernel % 2 == 0
          || stride < 1
          || in < 1
          || out < 1
          || layers < 1) {
        throw new CurrywurstException(
            "A stage of an EfficientNet needs an expansion, an odd kernel, a stride, channels and layers of at least 1.");
      }
    }
  }

  /** EfficientNet v2-S, which made the published Stage C's targets: 20 million parameters. */
  public static final ImageEncoderConfig PUBLISHED =
      new ImageEncoderConfig(
          16,
          1280,
          List.of(
              new Stage(true, 1, 3, 1, 24, 24, 2),
              new Stage(true, 4, 3, 2, 24, 48, 4),
              new Stage(true, 4, 3, 2, 48, 64, 4),
              new Stage(false, 4, 3, 2, 64, 128, 6),
              new Stage(false, 6, 3, 1, 128, 160, 9),
              new Stage(false, 6, 3, 2, 160, 256, 15)),
          0.2);

  public ImageEncoderConfig {
    stages = List.copyOf(stages);
    if (latentChannels < 1 || lastChannels < 1 || stages.isEmpty()) {
      throw new CurrywurstException("An image encoder needs channels and at least one stage.");
    }
  }

  /** Pixels a side for each latent value: 32 in the published model. */
  public int compression() {
    return 2 * stages.stream().mapToInt(Stage::stride).reduce(1, (a, b) -> a * b);
  }

  /**
   * Reads a published {@code config.json}, or one with the backbone's stages.
   *
   * @throws CurrywurstException if it says something that this network cannot be
   */
  public static ImageEncoderConfig read(ConfigFile file) {
    int latent = file.intValue(16, "c_latent");
    int last = file.intValue(1280, "c_cond");
    JsonNode backbone = file.node("effnet");
    file.requireAllKnown();
    if (backbone.isMissingNode() || backbone.isTextual()) {
      String name = backbone.asText("efficientnet_v2_s");
      if (!name.equals("efficientnet_v2_s")) {
        throw new CurrywurstException(
            "%s: effnet is %s; Würstchen v2 uses efficientnet_v2_s, or give its stages."
                .formatted(file.origin(), name));
      }
      return new ImageEncoderConfig(latent, last, PUBLISHED.stages(), PUBLISHED.stochasticDepth());
    }
    ConfigFile custom = ConfigFile.of(file.origin() + ", effnet", backbone);
    List<Stage> stages = new ArrayList<>();
    for (ConfigFile stage : custom.objects("stages")) {
      stages.add(
          new Stage(
              isFused(stage),
              stage.intValue(1, "expand_ratio"),
              stage.intValue(3, "kernel"),
              stage.intValue(1, "stride"),
              stage.intValue(0, "in_channels"),
              stage.intValue(0, "out_channels"),
              stage.intValue(1, "layers")));
      stage.requireAllKnown();
      requireChain(stages, stage.origin());
    }
    int lastChannels = custom.intValue(last, "last_channel");
    double depth = custom.doubleValue(0.0, "stochastic_depth_prob");
    double eps = custom.doubleValue(ImageEncoder.EPS, "norm_eps");
    if (eps != ImageEncoder.EPS) {
      throw new CurrywurstException(
          "%s: norm_eps is %s where %s is expected."
              .formatted(custom.origin(), eps, ImageEncoder.EPS));
    }
    custom.requireAllKnown();
    return new ImageEncoderConfig(latent, lastChannels, stages, depth);
  }

  /** The newest stage takes what the one before it makes. */
  private static void requireChain(List<Stage> stages, String origin) {
    int newest = stages.size() - 1;
    if (newest > 0 && stages.get(newest).in() != stages.get(newest - 1).out()) {
      throw new CurrywurstException(
          "%s: in_channels is %d where the stage before has %d out_channels; give both the same."
              .formatted(origin, stages.get(newest).in(), stages.get(newest - 1).out()));
    }
  }

  private static boolean isFused(ConfigFile stage) {
    String block = stage.stringValue("mb", "block");
    return switch (block) {
      case "fused" -> true;
      case "mb" -> false;
      default ->
          throw new CurrywurstException(
              "%s: block is \"%s\" where \"fused\" or \"mb\" is expected."
                  .formatted(stage.origin(), block));
    };
  }

  /** As {@link #read} takes it; the published size by its name. */
  public ObjectNode toJson() {
    ObjectNode json =
        ConfigFile.newObject()
            .put("_class_name", "EfficientNetEncoder")
            .put("c_latent", latentChannels)
            .put("c_cond", lastChannels);
    if (stages.equals(PUBLISHED.stages())
        && lastChannels == PUBLISHED.lastChannels()
        && stochasticDepth == PUBLISHED.stochasticDepth()) {
      return json.put("effnet", "efficientnet_v2_s");
    }
    ObjectNode backbone = json.putObject("effnet");
    ArrayNode list = backbone.putArray("stages");
    for (Stage stage : stages) {
      list.addObject()
          .put("block", stage.fused() ? "fused" : "mb")
          .put("expand_ratio", stage.expansion())
          .put("kernel", stage.kernel())
          .put("stride", stage.stride())
          .put("in_channels", stage.in())
          .put("out_channels", stage.out())
          .put("layers", stage.layers());
    }
    backbone
        .put("last_channel", lastChannels)
        .put("norm_eps", ImageEncoder.EPS)
        .put("stochastic_depth_prob", stochasticDepth);
    return json;
  }
}
