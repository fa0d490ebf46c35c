package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.GlobalResponseNorm;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A ConvNeXt block: depthwise convolution, norm, four times wider and back. {@code ResBlock} and
 * {@code ResBlockStageB} in diffusers.
 *
 * <p>Stage B's blocks also see a skip connection and a map of the picture's semantics, which the
 * reference concatenates to the normalised channels. A product with concatenated inputs is the sum
 * of products with each, so nothing is concatenated here; and the map reaches this block through
 * two linear layers without anything between them, so both act as one small matrix ({@link Fold}).
 */
final class ResidualBlock {
  private static final double EPS = 1e-6;

  private final Conv2d depthwise;
  private final Linear expand;
  private final GlobalResponseNorm responseNorm;
  private final Linear contract;
  private final int channels;
  private final int skipChannels;
  private final int semanticChannels;
  private final double dropout;

  /** What a block is made of, beside its width. */
  record Shape(int kernel, int skipChannels, int semanticChannels, double dropout, Init contract) {}

  ResidualBlock(Parameters p, int channels, Shape shape) {
    this.depthwise =
        new Conv2d(
            p.at("depthwise"),
            channels,
            channels,
            Conv2d.Shape.depthwise(shape.kernel(), channels));
    int inputs = channels + shape.skipChannels() + shape.semanticChannels();
    this.expand = new Linear(p.at("channelwise").at(0), inputs, 4L * channels);
    this.responseNorm = new GlobalResponseNorm(p.at("channelwise").at(2), 4L * channels);
    this.contract =
        new Linear(p.at("channelwise").at(4), 4L * channels, channels, shape.contract(), true);
    this.channels = channels;
    this.skipChannels = shape.skipChannels();
    this.semanticChannels = shape.semanticChannels();
    this.dropout = shape.dropout();
  }

  /**
   * The semantic map's way into this block: the level's 1x1 mapper and this block's columns for it
   * as one matrix [4c, 16] and a bias [4c].
   */
  record Fold(Tensor weight, Tensor bias) {}

  /**
   * Folds the mapper (weight [m, 16, 1, 1], bias [m]) through this block's columns. Computed in
   * float32; 16 columns replace 1024, a sixth of Stage B's arithmetic.
   */
  Fold fold(Conv2d mapper) {
    try (Scope scope = Scope.open()) {
      DType dtype = expand.weight().dtype();
      Tensor columns =
          expand
              .weight()
              .narrow(1, (long) channels + skipChannels, semanticChannels)
              .to(DType.FLOAT32);
      Tensor map = mapper.weight().to(DType.FLOAT32).reshape(semanticChannels, -1);
      Tensor mapBias = mapper.requireBias().to(DType.FLOAT32).unsqueeze(1);
      Tensor weight = columns.matmul(map);
      Tensor bias = expand.bias().to(DType.FLOAT32).plus(columns.matmul(mapBias).reshape(-1));
      return new Fold(scope.keep(weight.to(dtype)), scope.keep(bias.to(dtype)));
    }
  }

  /** The block without skip or semantics, [B, H, W, C] to the same. */
  Tensor apply(Tensor x, Dropout random) {
    return apply(x, null, null, null, random);
  }

  /**
   * The block.
   *
   * @param x [B, H, W, C]
   * @param skip [B, H, W, skip], or null
   * @param semantics [B, H, W, 16], resized to this level, or null
   * @param fold of this block, with {@code semantics}
   * @return [B, H, W, C]
   */
  Tensor apply(
      Tensor x,
      @Nullable Tensor skip,
      @Nullable Tensor semantics,
      @Nullable Fold fold,
      Dropout random) {
    return Scope.tidy(
        () -> {
          Tensor hidden = Functional.gelu(expanded(x, skip, semantics, fold)); // [B, H, W, 4C]
          hidden = random.apply(responseNorm.apply(hidden), dropout);
          return x.plus(contract.apply(hidden));
        });
  }

  private Tensor expanded(
      Tensor x, @Nullable Tensor skip, @Nullable Tensor semantics, @Nullable Fold fold) {
    return Scope.tidy(
        () -> {
          Tensor normed = Functional.layerNorm(depthwise.applyChannelsLast(x), EPS);
          if (skip == null && semantics == null) {
            return expand.apply(normed);
          }
          Tensor own = expand.weight().narrow(1, 0, channels);
          Tensor bias = fold == null ? expand.bias() : fold.bias();
          Tensor sum = Linear.apply(rows(normed), own, bias); // [B·H·W, 4C]
          if (skip != null) {
            Tensor columns = expand.weight().narrow(1, channels, skipChannels);
            sum = Linear.accumulate(sum, rows(skip), columns);
          }
          if (semantics != null && fold != null) {
            sum = Linear.accumulate(sum, rows(semantics), fold.weight());
          }
          return sum.reshape(x.size(0), x.size(1), x.size(2), -1);
        });
  }

  private static Tensor rows(Tensor x) {
    return x.reshape(-1, x.size(3));
  }
}
