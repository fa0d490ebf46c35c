package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stage A's block: a depthwise convolution mixes pixels, two linear layers mix channels; six
 * learned scalars scale, shift and gate both. {@code MixingResidualBlock} in diffusers.
 */
final class MixingBlock {
  private static final double EPS = 1e-6;

  /** Rows at a time through the wide layer: it needs no neighbours, so it is tiled exactly. */
  private static final long ROWS = 8192;

  private final Conv2d depthwise;
  private final Linear.Weights expand;
  private final Linear.Weights contract;
  private final Tensor gammas;
  private final int channels;

  /** Made once from frozen weights; training, which changes them, folds them at each use. */
  private final @Nullable Folded frozen;

  MixingBlock(Parameters p, int channels) {
    this.channels = channels;
    this.depthwise = new Conv2d(p.at("depthwise").at(1), channels, channels, mixing(channels));
    Parameters channelwise = p.at("channelwise");
    this.expand =
        Linear.Weights.take(channelwise.at(0), channels, 4L * channels, Init.XAVIER, true);
    this.contract =
        Linear.Weights.take(channelwise.at(2), 4L * channels, channels, Init.XAVIER, true);
    this.gammas = p.weight("gammas", Init.ZERO, 6);
    this.frozen = p.isFrozen() ? frozen(p) : null;
  }

  private static Conv2d.Shape mixing(int channels) {
    return new Conv2d.Shape(3, 1, 0, channels);
  }

  /** The folded layers. */
  private record Folded(Tensor kernel, Tensor kernelBias, Linear expand, Linear contract) {}

  private Folded frozen(Parameters p) {
    try (Scope scope = Scope.open()) {
      return new Folded(
          p.keep(foldedKernel()),
          p.keep(foldedKernelBias()),
          Linear.replacing(p, expand, foldedExpand()),
          Linear.replacing(p, contract, foldedContract()));
    }
  }

  /**
   * The six scalars go into the layers beside them. With v = LN(x): scale and shift before a linear
   * map and the gate behind it change only its weights; the repeated border commutes with a scale
   * and a shift of all pixels.
   */
  private Folded folded() {
    return frozen != null
        ? frozen
        : new Folded(
            foldedKernel(),
            foldedKernelBias(),
            Linear.of(foldedExpand()),
            Linear.of(foldedContract()));
  }

  private Tensor gamma(int index) {
    return gammas.to(DType.FLOAT32).select(0, index);
  }

  private Tensor foldedKernel() {
    Tensor kernel = depthwise.weight(); // [C, 1, 3, 3]
    Tensor scale = gamma(0).plus(1).times(gamma(2));
    return kernel.to(DType.FLOAT32).times(scale).to(kernel.dtype());
  }

  private Tensor foldedKernelBias() {
    Tensor bias = depthwise.requireBias();
    Tensor kernelSum = depthwise.weight().to(DType.FLOAT32).sum(false, 1, 2, 3);
    Tensor shifted = bias.to(DType.FLOAT32).plus(kernelSum.times(gamma(1)));
    return shifted.times(gamma(2)).to(bias.dtype());
  }

  private Linear.Weights foldedExpand() {
    DType dtype = expand.weight().dtype();
    Tensor weight = expand.wholeWeight().to(DType.FLOAT32);
    Tensor shift = weight.sum(false, 1).times(gamma(4));
    return new Linear.Weights(
        weight.times(gamma(3).plus(1)).to(dtype),
        expand.requireBias().to(DType.FLOAT32).plus(shift).to(dtype));
  }

  private Linear.Weights foldedContract() {
    DType dtype = contract.weight().dtype();
    return new Linear.Weights(
        contract.wholeWeight().to(DType.FLOAT32).times(gamma(5)).to(dtype),
        contract.requireBias().to(DType.FLOAT32).times(gamma(5)).to(dtype));
  }

  /** [B, H, W, C] to the same. */
  Tensor apply(Tensor x) {
    return Scope.tidy(
        () -> {
          Folded folded = folded();
          Tensor mixed = mixPixels(x, folded);
          Tensor rows = mixed.reshape(-1, channels);
          if (frozen != null) {
            // Each part is read before it is written, and no other part reads it.
            eachPart(rows, part -> part.copyInPlace(mixChannels(part, folded)));
            return mixed;
          }
          List<Tensor> parts = new ArrayList<>();
          eachPart(rows, part -> parts.add(mixChannels(part, folded)));
          Tensor joined = parts.size() == 1 ? parts.get(0) : Tensor.cat(parts, 0);
          return joined.reshape(x.shape());
        });
  }

  private static void eachPart(Tensor rows, Consumer<Tensor> body) {
    for (long start = 0; start < rows.size(0); start += ROWS) {
      body.accept(rows.narrow(0, start, Math.min(ROWS, rows.size(0) - start)));
    }
  }

  private Tensor mixPixels(Tensor x, Folded folded) {
    return Scope.tidy(
        () -> {
          Tensor normed = Functional.layerNorm(x, EPS);
          Tensor padded = Functional.replicationPad(normed.channelsFirst(), 1);
          Tensor mixed =
              Conv2d.apply(padded, folded.kernel(), folded.kernelBias(), mixing(channels))
                  .channelsLast();
          return frozen != null ? mixed.plusInPlace(x) : x.plus(mixed);
        });
  }

  private static Tensor mixChannels(Tensor rows, Folded folded) {
    return Scope.tidy(
        () -> {
          Tensor wide = folded.expand().applyGelu(Functional.layerNorm(rows, EPS));
          return folded.contract().applyPlus(wide, rows);
        });
  }
}
