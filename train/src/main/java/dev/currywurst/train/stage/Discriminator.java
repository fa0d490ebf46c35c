package dev.currywurst.train.stage;

import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Parameters;
import dev.currywurst.nn.SpectralNormConv2d;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Tells pictures from restored ones, patch by patch: the discriminator class in the original code
 * of Stage A. Convolutions with spectral norm (Miyato et al. 2018) that halve the sides, instance
 * norm on all but the first, leaky ReLU.
 */
final class Discriminator implements AutoCloseable {
  private static final double SLOPE = 0.2;
  private static final double EPS = 1e-5;

  private final Parameters parameters;
  private final List<SpectralNormConv2d> convolutions = new ArrayList<>();
  private final Conv2d verdict;

  /**
   * A fresh discriminator.
   *
   * @param depth number of halvings, 6 in the original
   * @param width widest number of channels, 512 in the original; the first layer has an eighth
   */
  Discriminator(int depth, int width, Parameters p) {
    if (depth < 1 || width < 1) {
      throw new CurrywurstException(
          "A discriminator needs a depth and a width of at least 1, not %d and %d."
              .formatted(depth, width));
    }
    this.parameters = p;
    int in = 3;
    for (int i = 0; i < depth; i++) {
      int out = Math.max(1, i < 3 ? width >> (3 - i) : width);
      convolutions.add(
          new SpectralNormConv2d(p.at("layers").at(i), in, out, Conv2d.Shape.strided(3, 2, 1)));
      in = out;
    }
    this.verdict = new Conv2d(p.at("verdict"), in, 1, Conv2d.Shape.POINTWISE, Init.XAVIER, true);
  }

  /**
   * Judges pictures.
   *
   * @param pictures [B, 3, H, W] from 0 to 1
   * @return log-odds of being real for each patch, [B, 1, h, w]
   */
  Tensor judge(Tensor pictures) {
    return Scope.tidy(
        () -> {
          Tensor h = pictures;
          for (int i = 0; i < convolutions.size(); i++) {
            h = convolutions.get(i).apply(h);
            // A single pixel has no spread to normalise by.
            if (i > 0 && h.size(2) * h.size(3) > 1) {
              h = Functional.instanceNorm(h, EPS);
            }
            h = Functional.leakyRelu(h, SLOPE);
          }
          return verdict.apply(h);
        });
  }

  /** Runs {@code body} so that gradients go through this network, but not to its weights. */
  Tensor withoutLearning(Supplier<Tensor> body) {
    parameters.weights().values().forEach(weight -> weight.requiresGrad(false));
    try {
      return body.get();
    } finally {
      parameters.weights().values().forEach(weight -> weight.requiresGrad(true));
    }
  }

  Parameters parameters() {
    return parameters;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
