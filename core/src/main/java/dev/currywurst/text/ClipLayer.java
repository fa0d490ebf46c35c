package dev.currywurst.text;

import dev.currywurst.nn.Attention;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.LayerNorm;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** One pre-norm transformer layer, the same in CLIP's towers of text and of pictures. */
public final class ClipLayer {
  /**
   * The size of a tower's layers.
   *
   * @param layers how many the tower has: initial weights depend on it
   */
  public record Size(
      int width,
      int layers,
      int heads,
      int mlpWidth,
      ClipTextConfig.Activation activation,
      double eps) {}

  private final LayerNorm norm1;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;
  private final LayerNorm norm2;
  private final Linear fc1;
  private final Linear fc2;
  private final Size size;

  public ClipLayer(Parameters p, Size size) {
    int width = size.width();
    // Initial deviations of the original (section 2.5 of Radford et al. and its code).
    double attention = Math.pow(width, -0.5) * Math.pow(2.0 * size.layers(), -0.5);
    Init inward = Init.normal(Math.pow(width, -0.5));
    Init outward = Init.normal(attention);
    this.size = size;
    this.norm1 = new LayerNorm(p.at("layer_norm1"), width, size.eps());
    Parameters self = p.at("self_attn");
    this.query = new Linear(self.at("q_proj"), width, width, inward, true);
    this.key = new Linear(self.at("k_proj"), width, width, inward, true);
    this.value = new Linear(self.at("v_proj"), width, width, inward, true);
    this.out = new Linear(self.at("out_proj"), width, width, outward, true);
    this.norm2 = new LayerNorm(p.at("layer_norm2"), width, size.eps());
    Init wide = Init.normal(Math.pow(2.0 * width, -0.5));
    this.fc1 = new Linear(p.at("mlp").at("fc1"), width, size.mlpWidth(), wide, true);
    this.fc2 = new Linear(p.at("mlp").at("fc2"), size.mlpWidth(), width, outward, true);
  }

  /**
   * [B, T, width] to [B, T, width].
   *
   * @param mask added to the scores, [B, 1, T, T] or broadcast to it
   */
  public Tensor apply(Tensor x, @Nullable Tensor mask) {
    return Scope.tidy(
        () -> {
          Tensor normed = norm1.apply(x);
          Tensor attended =
              Attention.attend(
                  query.apply(normed), key.apply(normed), value.apply(normed), size.heads(), mask);
          Tensor h = x.plus(out.apply(attended));
          Tensor wide = fc1.apply(norm2.apply(h));
          Tensor activated =
              size.activation() == ClipTextConfig.Activation.GELU
                  ? Functional.gelu(wide)
                  : Functional.quickGelu(wide);
          return h.plus(fc2.apply(activated));
        });
  }
}
