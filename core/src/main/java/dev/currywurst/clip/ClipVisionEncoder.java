package dev.currywurst.clip;

import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.LayerNorm;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipLayer;
import java.util.ArrayList;
import java.util.List;

/**
 * A CLIP picture tower: squares of a picture to one state each, and one for all of it. {@code
 * CLIPVisionModel} in transformers.
 */
public final class ClipVisionEncoder {
  private final ClipVisionConfig config;
  private final Tensor classEmbedding;
  private final Conv2d patchEmbedding;
  private final Tensor positionEmbedding;
  private final LayerNorm firstNorm;
  private final List<ClipLayer> layers = new ArrayList<>();
  private final LayerNorm lastNorm;

  public ClipVisionEncoder(ClipVisionConfig config, Parameters p) {
    this.config = config;
    Parameters model = p.at("vision_model");
    Parameters embeddings = model.at("embeddings");
    int width = config.width();
    this.classEmbedding =
        embeddings.weight("class_embedding", Init.normal(Math.pow(width, -0.5)), width);
    this.patchEmbedding =
        new Conv2d(
            embeddings.at("patch_embedding"),
            3,
            width,
            Conv2d.Shape.strided(config.patch(), config.patch(), 0),
            // As PyTorch's convolutions begin, in deviation: the original did not change it.
            Init.normal(1 / (config.patch() * 3.0)),
            false);
    this.positionEmbedding =
        embeddings.weight(
            "position_embedding.weight",
            Init.normal(Math.pow(width, -0.5)),
            config.tokens(),
            width);
    this.firstNorm = new LayerNorm(model.at("pre_layrnorm"), width, config.eps()); // published so
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new ClipLayer(model.at("encoder").at("layers").at(i), config.layerSize()));
    }
    this.lastNorm = new LayerNorm(model.at("post_layernorm"), width, config.eps());
  }

  /**
   * The states of all tokens, that of the whole picture first: {@code last_hidden_state}.
   *
   * @param pictures [B, 3, side, side], normalised as {@link ClipPreprocessing} says
   * @return [B, tokens, width]
   */
  public Tensor states(Tensor pictures) {
    return Scope.tidy(
        () -> {
          long batch = pictures.size(0);
          int width = config.width();
          Tensor squares = // [B, tokens - 1, width]
              patchEmbedding.apply(pictures).reshape(batch, width, -1).transpose(1, 2);
          Tensor whole =
              classEmbedding.to(squares.dtype()).reshape(1, 1, width).expand(batch, 1, width);
          Tensor h = Tensor.cat(List.of(whole, squares), 1).plus(positionEmbedding.unsqueeze(0));
          h = firstNorm.apply(h);
          for (ClipLayer layer : layers) {
            h = layer.apply(h, null);
          }
          return h;
        });
  }

  /** What the tower says of whole pictures, {@code pooler_output}: [B, width]. */
  public Tensor encode(Tensor pictures) {
    return Scope.tidy(() -> lastNorm.apply(states(pictures).select(1, 0)));
  }

  public ClipVisionConfig config() {
    return config;
  }
}
