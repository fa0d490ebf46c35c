package dev.currywurst.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.Locale;

/**
 * The size of a CLIP text tower.
 *
 * @param width {@code hidden_size}
 * @param layers {@code num_hidden_layers}
 * @param heads {@code num_attention_heads}
 * @param mlpWidth {@code intermediate_size}
 * @param vocabulary {@code vocab_size}
 * @param positions longest text in tokens, {@code max_position_embeddings}
 * @param activation {@code hidden_act}
 * @param eps {@code layer_norm_eps}
 */
public record ClipTextConfig(
    int width,
    int layers,
    int heads,
    int mlpWidth,
    int vocabulary,
    int positions,
    Activation activation,
    double eps) {

  /** The published towers' activations. */
  public enum Activation {
    /** Exact, OpenCLIP's: both of Würstchen's towers. */
    GELU,
    /** x·sigmoid(1.702 x), OpenAI's. */
    QUICK_GELU;

    /** Reads {@code hidden_act} of a tower's configuration. */
    public static Activation read(ConfigFile tower) {
      String name = tower.stringValue(QUICK_GELU.key(), "hidden_act");
      return switch (name) {
        case "gelu" -> GELU;
        case "quick_gelu" -> QUICK_GELU;
        default ->
            throw new CurrywurstException(
                "%s: hidden_act %s is not known; CLIP's towers use gelu or quick_gelu."
                    .formatted(tower.origin(), name));
      };
    }

    /** As configurations spell it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** ViT-bigG/14, which speaks to Stage C: 693 million parameters. */
  public static final ClipTextConfig BIG_G =
      new ClipTextConfig(1280, 32, 20, 5120, 49408, 77, Activation.GELU, 1e-5);

  /** ViT-H/14, which speaks to Stage B: 353 million parameters. */
  public static final ClipTextConfig H =
      new ClipTextConfig(1024, 24, 16, 4096, 49408, 77, Activation.GELU, 1e-5);

  public ClipTextConfig {
    if (width < 1 || layers < 1 || mlpWidth < 1 || vocabulary < 1 || positions < 2) {
      throw new CurrywurstException(
          "A text tower needs a width, layers, a vocabulary and at least two positions.");
    }
    if (heads < 1 || width % heads != 0) {
      throw new CurrywurstException(
          "A text tower of width %d cannot be split into %d attention heads."
              .formatted(width, heads));
    }
  }

  /** Reads a text tower's config, or the text half of a whole CLIP's. */
  public static ClipTextConfig read(ConfigFile file) {
    JsonNode nested = file.node("text_config");
    ConfigFile own =
        nested.isObject() && !file.has("hidden_size")
            ? ConfigFile.of(file.origin() + ", text_config", nested)
            : file;
    // Transformers writes many keys that do not change the tower, so unknown ones pass here.
    return new ClipTextConfig(
        own.intValue(512, "hidden_size"),
        own.intValue(12, "num_hidden_layers"),
        own.intValue(8, "num_attention_heads"),
        own.intValue(2048, "intermediate_size"),
        own.intValue(49408, "vocab_size"),
        own.intValue(77, "max_position_embeddings"),
        Activation.read(own),
        own.doubleValue(1e-5, "layer_norm_eps"));
  }

  ClipLayer.Size layerSize() {
    return new ClipLayer.Size(width, layers, heads, mlpWidth, activation, eps);
  }

  /**
   * In transformers' names.
   *
   * @param firstToken id of the token that begins every text
   * @param lastToken id of the token that ends it
   */
  public ObjectNode toJson(int firstToken, int lastToken) {
    ObjectNode json = ConfigFile.newObject();
    json.putArray("architectures").add("CLIPTextModel");
    return json.put("model_type", "clip_text_model")
        .put("hidden_size", width)
        .put("num_hidden_layers", layers)
        .put("num_attention_heads", heads)
        .put("intermediate_size", mlpWidth)
        .put("vocab_size", vocabulary)
        .put("max_position_embeddings", positions)
        .put("hidden_act", activation.key())
        .put("layer_norm_eps", eps)
        .put("projection_dim", width)
        .put("bos_token_id", firstToken)
        .put("eos_token_id", lastToken)
        .put("pad_token_id", lastToken);
  }
}
