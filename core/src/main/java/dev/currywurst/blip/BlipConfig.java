package dev.currywurst.blip;

import com.fasterxml.jackson.databind.JsonNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;

/**
 * The size of a BLIP captioner.
 *
 * @param vision of the picture tower, {@code vision_config}
 * @param text of the text decoder, {@code text_config}
 */
public record BlipConfig(Vision vision, Text text) {
  /**
   * The picture tower's size.
   *
   * @param width {@code hidden_size}
   * @param layers {@code num_hidden_layers}
   * @param heads {@code num_attention_heads}
   * @param mlpWidth {@code intermediate_size}
   * @param side of the pictures in pixels, {@code image_size}
   * @param patch side of the squares that they are cut into, {@code patch_size}
   * @param eps {@code layer_norm_eps}
   */
  public record Vision(
      int width, int layers, int heads, int mlpWidth, int side, int patch, double eps) {
    public Vision {
      requireHeads("picture tower", width, heads);
      if (layers < 1 || mlpWidth < 1 || patch < 1 || side < patch) {
        throw new CurrywurstException(
            "BLIP's picture tower needs layers and pictures of at least one patch.");
      }
    }

    /** States of a picture: one for each patch, and one for all. */
    public int tokens() {
      return (side / patch) * (side / patch) + 1;
    }
  }

  /**
   * The text decoder's size.
   *
   * @param width {@code hidden_size}
   * @param layers {@code num_hidden_layers}
   * @param heads {@code num_attention_heads}
   * @param mlpWidth {@code intermediate_size}
   * @param vocabulary {@code vocab_size}
   * @param positions longest text in tokens, {@code max_position_embeddings}
   * @param eps {@code layer_norm_eps}
   * @param beginId the token that begins a caption, {@code bos_token_id}
   * @param endId the token that ends it, {@code sep_token_id}
   */
  public record Text(
      int width,
      int layers,
      int heads,
      int mlpWidth,
      int vocabulary,
      int positions,
      double eps,
      int beginId,
      int endId) {
    public Text {
      requireHeads("text decoder", width, heads);
      if (layers < 1 || mlpWidth < 1 || vocabulary < 2 || positions < 2) {
        throw new CurrywurstException(
            "BLIP's text decoder needs layers, a vocabulary and at least two positions.");
      }
      if (beginId < 0 || beginId >= vocabulary || endId < 0 || endId >= vocabulary) {
        throw new CurrywurstException(
            "BLIP's tokens %d and %d for begin and end are not in its vocabulary of %d."
                .formatted(beginId, endId, vocabulary));
      }
    }
  }

  private static void requireHeads(String what, int width, int heads) {
    if (width < 1 || heads < 1 || width % heads != 0) {
      throw new CurrywurstException(
          "BLIP's %s of width %d cannot be split into %d attention heads."
              .formatted(what, width, heads));
    }
  }

  /**
   * Reads a published {@code config.json}; what it leaves out is as in {@code
   * Salesforce/blip-image-captioning-base}.
   *
   * @throws CurrywurstException if it is of another kind of model
   */
  public static BlipConfig read(ConfigFile file) {
    String kind = file.stringValue("blip", "model_type");
    if (!kind.equals("blip")) {
      throw new CurrywurstException(
          "%s is of a model of the kind %s, not of a BLIP.".formatted(file.origin(), kind));
    }
    ConfigFile vision = part(file, "vision_config");
    ConfigFile text = part(file, "text_config");
    return new BlipConfig(
        new Vision(
            vision.intValue(768, "hidden_size"),
            vision.intValue(12, "num_hidden_layers"),
            vision.intValue(12, "num_attention_heads"),
            vision.intValue(3072, "intermediate_size"),
            vision.intValue(384, "image_size"),
            vision.intValue(16, "patch_size"),
            vision.doubleValue(1e-5, "layer_norm_eps")),
        new Text(
            text.intValue(768, "hidden_size"),
            text.intValue(12, "num_hidden_layers"),
            text.intValue(8, "num_attention_heads"),
            text.intValue(3072, "intermediate_size"),
            text.intValue(30524, "vocab_size"),
            text.intValue(512, "max_position_embeddings"),
            text.doubleValue(1e-12, "layer_norm_eps"),
            text.intValue(30522, "bos_token_id"),
            text.intValue(102, "sep_token_id")));
  }

  /** Transformers writes many keys that do not change the network, so unknown ones pass here. */
  private static ConfigFile part(ConfigFile file, String name) {
    JsonNode node = file.node(name);
    ConfigFile part =
        ConfigFile.of(file.origin() + ", " + name, node.isObject() ? node : ConfigFile.newObject());
    String activation = part.stringValue("gelu", "hidden_act");
    if (!activation.equals("gelu")) {
      throw new CurrywurstException(
          "%s: hidden_act %s is not known; BLIP uses gelu.".formatted(part.origin(), activation));
    }
    return part;
  }
}
