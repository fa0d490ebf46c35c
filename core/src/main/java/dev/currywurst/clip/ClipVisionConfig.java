package dev.currywurst.clip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.ClipLayer;
import dev.currywurst.text.ClipTextConfig.Activation;
import dev.currywurst.weights.ConfigFile;

/**
 * The size of a CLIP picture tower, a vision transformer (Dosovitskiy et al. 2021).
 *
 * @param width {@code hidden_size}
 * @param layers {@code num_hidden_layers}
 * @param heads {@code num_attention_heads}
 * @param mlpWidth {@code intermediate_size}
 * @param side of the pictures in pixels, {@code image_size}
 * @param patch side of the squares that each become a token, {@code patch_size}
 * @param activation {@code hidden_act}
 * @param eps {@code layer_norm_eps}
 */
public record ClipVisionConfig(
    int width,
    int layers,
    int heads,
    int mlpWidth,
    int side,
    int patch,
    Activation activation,
    double eps) {

  public ClipVisionConfig {
    if (width < 1 || layers < 1 || mlpWidth < 1) {
      throw new CurrywurstException("A picture tower needs a width and layers.");
    }
    if (heads < 1 || width % heads != 0) {
      throw new CurrywurstException(
          "A picture tower of width %d cannot be split into %d attention heads."
              .formatted(width, heads));
    }
    if (patch < 1 || side < patch || side % patch != 0) {
      throw new CurrywurstException(
          "Pictures of %d pixels cannot be cut into squares of %d; give a side (image_size) that is a multiple of patch_size."
              .formatted(side, patch));
    }
  }

  /** Reads a picture tower's config, or the picture half of a whole CLIP's. */
  public static ClipVisionConfig read(ConfigFile file) {
    JsonNode nested = file.node("vision_config");
    ConfigFile own =
        nested.isObject() && !file.has("hidden_size")
            ? ConfigFile.of(file.origin() + ", vision_config", nested)
            : file;
    int channels = own.intValue(3, "num_channels");
    if (channels != 3) {
      throw new CurrywurstException(
          "%s: num_channels is %d where 3 is expected; pictures are RGB."
              .formatted(own.origin(), channels));
    }
    // Transformers writes many keys that do not change the tower, so unknown ones pass here.
    return new ClipVisionConfig(
        own.intValue(768, "hidden_size"),
        own.intValue(12, "num_hidden_layers"),
        own.intValue(12, "num_attention_heads"),
        own.intValue(3072, "intermediate_size"),
        own.intValue(224, "image_size"),
        own.intValue(32, "patch_size"),
        Activation.read(own),
        own.doubleValue(1e-5, "layer_norm_eps"));
  }

  /** Tokens of a picture: its squares, and the one that stands for all of it. */
  public int tokens() {
    int row = side / patch;
    return row * row + 1;
  }

  ClipLayer.Size layerSize() {
    return new ClipLayer.Size(width, layers, heads, mlpWidth, activation, eps);
  }

  /** In transformers' names. */
  public ObjectNode toJson() {
    return ConfigFile.newObject()
        .put("model_type", "clip_vision_model")
        .put("hidden_size", width)
        .put("num_hidden_layers", layers)
        .put("num_attention_heads", heads)
        .put("intermediate_size", mlpWidth)
        .put("num_channels", 3)
        .put("image_size", side)
        .put("patch_size", patch)
        .put("hidden_act", activation.key())
        .put("layer_norm_eps", eps);
  }
}
