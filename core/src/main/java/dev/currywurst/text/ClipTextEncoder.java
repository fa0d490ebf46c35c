package dev.currywurst.text;

import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.LayerNorm;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A CLIP text tower (Radford et al. 2021): token ids to one state a token. {@code CLIPTextModel} in
 * transformers, {@code last_hidden_state} after the final norm.
 */
public final class ClipTextEncoder implements AutoCloseable {
  private final ClipTextConfig config;
  private final Parameters parameters;
  private final Tensor tokenEmbedding;
  private final Tensor positionEmbedding;
  private final List<ClipLayer> layers = new ArrayList<>();
  private final LayerNorm finalNorm;

  public ClipTextEncoder(ClipTextConfig config, Parameters p) {
    this.config = config;
    this.parameters = p;
    Parameters model = p.at("text_model");
    Parameters embeddings = model.at("embeddings");
    this.tokenEmbedding =
        embeddings.weight(
            "token_embedding.weight", Init.normal(0.02), config.vocabulary(), config.width());
    this.positionEmbedding =
        embeddings.weight(
            "position_embedding.weight", Init.normal(0.01), config.positions(), config.width());
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new ClipLayer(model.at("encoder").at("layers").at(i), config.layerSize()));
    }
    this.finalNorm = new LayerNorm(model.at("final_layer_norm"), config.width(), config.eps());
  }

  /**
   * Encodes texts.
   *
   * @param ids token ids, int64 [B, T] with T up to {@link ClipTextConfig#positions()}
   * @param mask 1 for real tokens and 0 for padding, int64 [B, T]. The padding's own states change
   *     with it, and diffusion models see those too.
   * @return [B, T, width]
   */
  public Tensor encode(Tensor ids, Tensor mask) {
    return Scope.tidy(
        () -> {
          long length = ids.size(1);
          Tensor positions = positionEmbedding.narrow(0, 0, length).unsqueeze(0);
          Tensor h = Functional.embedding(tokenEmbedding, ids).plus(positions); // [B, T, width]
          // Made on the CPU, where its parts are, then moved once.
          Tensor hidden = hidden(mask.to(Device.CPU), h.dtype()).to(h.device());
          for (ClipLayer layer : layers) {
            h = layer.apply(h, hidden);
          }
          return finalNorm.apply(h);
        });
  }

  /** [B, 1, T, T]: 0 where row i may see column j, the smallest number elsewhere. */
  private static Tensor hidden(Tensor mask, DType dtype) {
    return Scope.tidy(
        () -> {
          long length = mask.size(1);
          Tensor at = Tensor.range(length);
          Tensor later = at.unsqueeze(0).minus(at.unsqueeze(1)).greaterThan(0); // j > i
          Tensor padding =
              mask.to(DType.FLOAT32).negate().plus(1).reshape(-1, 1, 1, length); // 1 where hidden
          Tensor blocked =
              padding.plus(later.to(DType.FLOAT32).reshape(1, 1, length, length)).greaterThan(0);
          return blocked
              .choose(
                  Tensor.full(smallest(dtype), DType.FLOAT32, 1), Tensor.zeros(DType.FLOAT32, 1))
              .to(dtype);
        });
  }

  private static double smallest(DType dtype) {
    return dtype == DType.FLOAT16 ? -65504 : -3e38;
  }

  public ClipTextConfig config() {
    return config;
  }

  /** The weights, by transformers' names. */
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
