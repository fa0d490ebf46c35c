package dev.currywurst.clip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.ClipTextConfig;
import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.weights.ConfigFile;

/**
 * The size of a CLIP.
 *
 * @param text tower of texts
 * @param vision tower of pictures
 * @param dimension of the embeddings, {@code projection_dim}
 * @param logitScale where the logarithm of the similarities' scale begins, {@code
 *     logit_scale_init_value}
 * @param endToken id of the token whose state stands for a text. 2, which old releases wrote for
 *     all models, means the largest id of the text.
 */
public record ClipConfig(
    ClipTextConfig text, ClipVisionConfig vision, int dimension, double logitScale, int endToken) {
  /** What stood in all configurations before 2023, whatever the vocabulary. */
  private static final int LEGACY_END = 2;

  /** ln(1 / 0.07), where the original began. */
  public static final double LOGIT_SCALE = 2.6592;

  public ClipConfig {
    if (dimension < 1) {
      throw new CurrywurstException(
          "The embeddings of a CLIP (projection_dim) need at least one number, not %d."
              .formatted(dimension));
    }
  }

  /**
   * Reads a published {@code config.json}.
   *
   * @throws CurrywurstException if it is not a CLIP's
   */
  public static ClipConfig read(ConfigFile file) {
    JsonNode text = file.node("text_config");
    if (!text.isObject() || !file.node("vision_config").isObject()) {
      throw new CurrywurstException(
          file.origin()
              + " has no text_config and vision_config, so it is not a CLIP's; give the folder of a CLIP such as openai/clip-vit-base-patch32.");
    }
    return new ClipConfig(
        ClipTextConfig.read(file),
        ClipVisionConfig.read(file),
        file.intValue(512, "projection_dim"),
        file.doubleValue(LOGIT_SCALE, "logit_scale_init_value"),
        ConfigFile.of(file.origin() + ", text_config", text).intValue(49407, "eos_token_id"));
  }

  /** Where in a row of token ids the one stands whose state stands for the text. */
  int endIn(int[] ids, int first, int length) {
    int best = first;
    for (int i = first; i < first + length; i++) {
      if (endToken != LEGACY_END && ids[i] == endToken) {
        return i;
      }
      if (endToken == LEGACY_END && ids[i] > ids[best]) {
        best = i;
      }
    }
    return best;
  }

  /** In transformers' names. */
  public ObjectNode toJson(ClipTokenizer tokenizer) {
    ObjectNode json = ConfigFile.newObject();
    json.putArray("architectures").add("CLIPModel");
    json.put("model_type", "clip")
        .put("projection_dim", dimension)
        .put("logit_scale_init_value", logitScale);
    ObjectNode words = text.toJson(tokenizer.beginId(), endToken);
    words.remove("architectures");
    json.set("text_config", words.put("projection_dim", dimension));
    json.set("vision_config", vision.toJson().put("projection_dim", dimension));
    return json;
  }
}
