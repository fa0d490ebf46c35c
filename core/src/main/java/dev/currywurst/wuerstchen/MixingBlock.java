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

/**
 * Stage A's block: a depthwise convolution mixes pixels, two linear layers mix channels; six
 * learned scalars scale, shift and gate both. {@code MixingResidualBlock} in diffusers.
 */
final class MixingBlock {
  private static final double EPS = 1e-6;

  /** Rows at a time through the wide layer: it needs no neighbours, so it is tiled exactly. */
  private static final long ROWS = 8192;

  private final Conv2d depthwise;
  private final Linear expand;
  private final Linear contract;
  private final Tensor gammas;
  private final int channels;

  MixingBlock(Parameters p, int channels) {
    this.channels = channels;
    this.depthwise = new Conv2d(p.at("depthwise").at(1), channels, channels, mixing(channels));
    this.expand = new Linear(p.at("channelwise").at(0), channels, 4L * channels);
    this.contract = new Linear(p.at("channelwise").at(2), 4L * channels, channels);
    this.gammas = p.weight("gammas", Init.ZERO, 6);
  }

  private static Conv2d.Shape mixing(int channels) {
    return new Conv2d.Shape(3, 1, 0, channels);
  }

  /**
   * The six scalars folded into the layers beside them. With v = LN(x): scale and shift before a
   * linear map and the gate behind it change only its weights; the repeated border commutes with a
   * scale and a shift of all pixels.
   */
  private record Folded(
      Tensor kernel, Tensor kernelBias, Tensor in, Tensor inBias, Tensor out, Tensor outBias) {}

  private Folded fold() {
    DType dtype = gammas.dtype();
    Tensor g = gammas.to(DType.FLOAT32);
    Tensor scale = g.select(0, 0).plus(1);
    Tensor shift = g.select(0, 1);
    Tensor gate = g.select(0, 2);
    Tensor kernel = depthwise.weight().to(DType.FLOAT32); // [C, 1, 3, 3]
    Tensor kernelSum = kernel.sum(false, 1, 2, 3);
    Tensor kernelBias =
        depthwise.requireBias().to(DType.FLOAT32).plus(kernelSum.times(shift)).times(gate);
    Tensor in = expand.weight().to(DType.FLOAT32);
    Tensor inBias = expand.bias().to(DType.FLOAT32).plus(in.sum(false, 1).times(g.select(0, 4)));
    Tensor outGate = g.select(0, 5);
    return new Folded(
        kernel.times(scale.times(gate)).to(dtype),
        kernelBias.to(dtype),
        in.times(g.select(0, 3).plus(1)).to(dtype),
        inBias.to(dtype),
        contract.weight().to(DType.FLOAT32).times(outGate).to(dtype),
        contract.bias().to(DType.FLOAT32).times(outGate).to(dtype));
  }

  /** [B, H, W, C] to the same. */
  Tensor apply(Tensor x) {
    return Scope.tidy(
        () -> {
          Folded folded = fold();
          Tensor mixed = x.plus(mixPixels(x, folded));
          Tensor rows = mixed.reshape(-1, channels);
          List<Tensor> parts = new ArrayList<>();
          for (long start = 0; start < rows.size(0); start += ROWS) {
            Tensor part = rows.narrow(0, start, Math.min(ROWS, rows.size(0) - start));
            parts.add(Scope.tidy(() -> part.plus(mixChannels(part, folded))));
          }
          Tensor joined = parts.size() == 1 ? parts.get(0) : Tensor.cat(parts, 0);
          return joined.reshape(x.shape());
        });
  }

  private Tensor mixPixels(Tensor x, Folded folded) {
    return Scope.tidy(
        () -> {
          Tensor normed = Functional.layerNorm(x, EPS);
          Tensor padded = Functional.replicationPad(normed.channelsFirst(), 1);
          return Conv2d.apply(padded, folded.kernel(), folded.kernelBias(), mixing(channels))
              .channelsLast();
        });
  }

  private static Tensor mixChannels(Tensor rows, Folded folded) {
    return Scope.tidy(
        () -> {
          Tensor wide = Linear.apply(Functional.layerNorm(rows, EPS), folded.in(), folded.inBias());
          return Linear.apply(Functional.gelu(wide), folded.out(), folded.outBias());
        });
  }
}
