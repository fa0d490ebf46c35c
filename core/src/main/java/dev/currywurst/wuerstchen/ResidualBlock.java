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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A ConvNeXt block: depthwise convolution, norm, four times wider and back. {@code ResBlock} and
 * {@code ResBlockStageB} in diffusers.
 *
 * <p>Stage B's blocks also see a skip connection and a map of the picture's semantics, beside the
 * normalised channels. The map comes out of a 1x1 convolution from 16 channels to 1024, with
 * nothing between that and this block's first layer: both act as one matrix ({@link #fold}), and
 * only the 16 channels are put beside the others. This is a sixth of Stage B's arithmetic. They and
 * a skip connection are copied beside the block's own channels, so that one product covers all of
 * them and applies the activation; several would add to each other's results, which are four times
 * as wide as what is copied.
 *
 * <p>Made from frozen parameters, the block is folded once, and so is the shift of the response
 * norm, which is a bias of the layer behind it.
 */
final class ResidualBlock {
  private static final double EPS = 1e-6;

  private final Conv2d depthwise;
  private final GlobalResponseNorm responseNorm;
  private final Linear contract;
  private final Shape shape;
  private final int channels;
  private final boolean frozen;
  private final Widening widening;

  /** The first linear layer. */
  private sealed interface Widening {
    /** It stays the same from call to call. */
    record Fixed(Linear layer) implements Widening {}

    /** Training changes it and the mapper before it, so they are folded anew for each step. */
    record Folding(Linear.Weights layer, Conv2d mapper) implements Widening {}
  }

  /**
   * What a block is made of, beside its width.
   *
   * @param kernel side of the depthwise convolution
   * @param skipChannels of the skip connection, or 0
   * @param semanticChannels of the mapped semantics, or 0
   * @param dropout while training
   * @param contract how the last layer begins
   */
  record Shape(int kernel, int skipChannels, int semanticChannels, double dropout, Init contract) {}

  /** A block that sees neither skip connection nor semantics. */
  ResidualBlock(Parameters p, int channels, Shape shape) {
    this(p, channels, shape, null);
  }

  /**
   * A block.
   *
   * @param mapper the level's 1x1 convolution to {@code semanticChannels}, which the level owns
   */
  ResidualBlock(Parameters p, int channels, Shape shape, @Nullable Conv2d mapper) {
    this.channels = channels;
    this.shape = shape;
    this.frozen = p.isFrozen();
    this.depthwise =
        new Conv2d(
            p.at("depthwise"),
            channels,
            channels,
            Conv2d.Shape.depthwise(shape.kernel(), channels));
    Parameters channelwise = p.at("channelwise");
    this.widening = widening(channelwise.at(0), mapper);
    this.responseNorm = new GlobalResponseNorm(channelwise.at(2), 4L * channels);
    this.contract = contract(channelwise.at(4));
  }

  private Widening widening(Parameters p, @Nullable Conv2d mapper) {
    int inputs = channels + shape.skipChannels() + shape.semanticChannels();
    Linear.Weights plain = Linear.Weights.take(p, inputs, 4L * channels, Init.XAVIER, true);
    if (mapper == null) {
      return new Widening.Fixed(Linear.of(p, plain));
    }
    if (!frozen) {
      return new Widening.Folding(plain, mapper);
    }
    try (Scope scope = Scope.open()) {
      return new Widening.Fixed(Linear.replacing(p, plain, fold(plain, mapper)));
    }
  }

  private Linear contract(Parameters p) {
    Linear.Weights plain = Linear.Weights.take(p, 4L * channels, channels, shape.contract(), true);
    if (!frozen) {
      return Linear.of(p, plain);
    }
    try (Scope scope = Scope.open()) {
      return Linear.replacing(p, plain, withShift(plain));
    }
  }

  /**
   * The weights of the first layer over [x | skip | semantics] in place of [x | skip | mapped
   * semantics]. The product of its columns for the mapped semantics with the mapper is made in
   * float32.
   */
  private Linear.Weights fold(Linear.Weights plain, Conv2d mapper) {
    DType dtype = plain.weight().dtype();
    int direct = channels + shape.skipChannels();
    Tensor whole = plain.wholeWeight();
    Tensor columns = whole.narrow(1, direct, shape.semanticChannels()).to(DType.FLOAT32);
    Tensor map = mapper.weight().to(DType.FLOAT32).reshape(shape.semanticChannels(), -1);
    Tensor mapBias = mapper.requireBias().to(DType.FLOAT32).unsqueeze(1);
    Tensor bias = plain.requireBias().to(DType.FLOAT32).plus(columns.matmul(mapBias).reshape(-1));
    Tensor own = whole.narrow(1, 0, direct);
    return new Linear.Weights(
        Tensor.cat(List.of(own, columns.matmul(map).to(dtype)), 1), bias.to(dtype));
  }

  /** W(x + β) + b = W x + (W β + b). */
  private Linear.Weights withShift(Linear.Weights plain) {
    Tensor shift = responseNorm.shift().to(DType.FLOAT32).unsqueeze(1);
    Tensor shifted = plain.weight().to(DType.FLOAT32).matmul(shift).reshape(-1);
    Tensor bias = plain.requireBias();
    return new Linear.Weights(
        plain.weight(), bias.to(DType.FLOAT32).plus(shifted).to(bias.dtype()));
  }

  /** The first layer, over as many inputs as {@link #apply} will be given. */
  Linear expansion() {
    if (widening instanceof Widening.Fixed fixed) {
      return fixed.layer();
    }
    Widening.Folding folding = (Widening.Folding) widening;
    try (Scope scope = Scope.open()) {
      return Linear.of(fold(folding.layer(), folding.mapper())).keepIn(scope);
    }
  }

  /** The block without skip or semantics, [B, H, W, C] to the same. */
  Tensor apply(Tensor x, Dropout random) {
    return apply(x, null, null, expansion(), random);
  }

  /**
   * The block.
   *
   * @param x [B, H, W, C]
   * @param skip [B, H, W, skip], or null
   * @param semantics [B, H, W, 16], resized to this level, or null
   * @param expansion from {@link #expansion()}: the same for all steps of a picture
   * @return [B, H, W, C]
   */
  Tensor apply(
      Tensor x,
      @Nullable Tensor skip,
      @Nullable Tensor semantics,
      Linear expansion,
      Dropout random) {
    return Scope.tidy(
        () -> {
          Tensor hidden = expanded(x, skip, semantics, expansion); // [B, H, W, 4C]
          if (frozen) {
            responseNorm.scaleInPlace(hidden);
          } else {
            hidden = random.applyInPlace(responseNorm.apply(hidden), shape.dropout());
          }
          return contract.applyPlus(hidden, x);
        });
  }

  private Tensor expanded(
      Tensor x, @Nullable Tensor skip, @Nullable Tensor semantics, Linear expansion) {
    return Scope.tidy(
        () -> {
          List<Tensor> inputs = new ArrayList<>();
          inputs.add(Functional.layerNorm(depthwise.applyChannelsLast(x), EPS));
          if (skip != null) {
            inputs.add(skip);
          }
          if (semantics != null) {
            inputs.add(semantics);
          }
          return expansion.applyGelu(inputs.size() == 1 ? inputs.get(0) : Tensor.cat(inputs, 3));
        });
  }
}
