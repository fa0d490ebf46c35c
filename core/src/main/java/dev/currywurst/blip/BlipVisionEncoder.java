package dev.currywurst.blip;

import dev.currywurst.nn.Attention;
import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.LayerNorm;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** BLIP's picture tower, a ViT: {@code BlipVisionModel} in transformers. */
public final class BlipVisionEncoder {
  /** Deviation of fresh weights, as usual for transformers. */
  private static final Init FRESH = Init.normal(0.02);

  private final BlipConfig.Vision config;
  private final Tensor classEmbedding;
  private final Conv2d patchEmbedding;
  private final Tensor positionEmbedding;
  private final List<Layer> layers = new ArrayList<>();
  private final LayerNorm lastNorm;

  public BlipVisionEncoder(BlipConfig.Vision config, Parameters p) {
    this.config = config;
    int width = config.width();
    Parameters embeddings = p.at("embeddings");
    this.classEmbedding = embeddings.weight("class_embedding", FRESH, 1, 1, width);
    this.patchEmbedding =
        new Conv2d(
            embeddings.at("patch_embedding"),
            3,
            width,
            Conv2d.Shape.strided(config.patch(), config.patch(), 0),
            FRESH,
            true);
    this.positionEmbedding =
        embeddings.weight("position_embedding", FRESH, 1, config.tokens(), width);
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new Layer(p.at("encoder").at("layers").at(i), config));
    }
    this.lastNorm = new LayerNorm(p.at("post_layernorm"), width, config.eps());
  }

  /** One pre-norm layer; query, key and value are one product. */
  private static final class Layer {
    private final LayerNorm norm1;
    private final Linear attentionInputs;
    private final Linear attentionOutput;
    private final LayerNorm norm2;
    private final Linear fc1;
    private final Linear fc2;
    private final int heads;
    private final int width;

    Layer(Parameters p, BlipConfig.Vision config) {
      this.width = config.width();
      this.heads = config.heads();
      this.norm1 = new LayerNorm(p.at("layer_norm1"), width, config.eps());
      Parameters self = p.at("self_attn");
      this.attentionInputs = new Linear(self.at("qkv"), width, 3L * width, FRESH, true);
      this.attentionOutput = new Linear(self.at("projection"), width, width, FRESH, true);
      this.norm2 = new LayerNorm(p.at("layer_norm2"), width, config.eps());
      this.fc1 = new Linear(p.at("mlp").at("fc1"), width, config.mlpWidth(), FRESH, true);
      this.fc2 = new Linear(p.at("mlp").at("fc2"), config.mlpWidth(), width, FRESH, true);
    }

    Tensor apply(Tensor x) {
      return Scope.tidy(
          () -> {
            Tensor inputs = attentionInputs.apply(norm1.apply(x)); // [B, N, 3·width]
            Tensor attended =
                Attention.attend(
                    inputs.narrow(2, 0, width),
                    inputs.narrow(2, width, width),
                    inputs.narrow(2, 2L * width, width),
                    heads);
            Tensor h = attentionOutput.applyPlus(attended, x);
            return fc2.applyPlus(fc1.applyGelu(norm2.apply(h)), h);
          });
    }
  }

  /**
   * The states of pictures.
   *
   * @param pictures [B, 3, side, side], normalised as {@link BlipPreprocessing} says
   * @return [B, tokens, width], the state of the whole picture first
   */
  public Tensor encode(Tensor pictures) {
    return Scope.tidy(
        () -> {
          long batch = pictures.size(0);
          int width = config.width();
          Tensor patches = // [B, tokens - 1, width]
              patchEmbedding.apply(pictures).reshape(batch, width, -1).transpose(1, 2);
          Tensor h =
              Tensor.cat(List.of(classEmbedding.expand(batch, 1, width), patches), 1)
                  .plus(positionEmbedding);
          for (Layer layer : layers) {
            h = layer.apply(h);
          }
          return lastNorm.apply(h);
        });
  }
}
