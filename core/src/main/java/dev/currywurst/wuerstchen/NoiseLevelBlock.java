package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Init;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;

/** Scales and shifts each channel by the noise level. {@code TimestepBlock} in diffusers. */
final class NoiseLevelBlock {
  private final Linear mapper;

  NoiseLevelBlock(Parameters p, int channels, int levelWidth) {
    this.mapper = new Linear(p.at("mapper"), levelWidth, 2L * channels, Init.ZERO, true);
  }

  /**
   * x·(1 + a) + b.
   *
   * @param x [B, H, W, C]
   * @param level the embedded noise level, [B or 1, levelWidth]
   */
  Tensor apply(Tensor x, Tensor level) {
    return Scope.tidy(
        () -> {
          Tensor mapped = mapper.apply(level);
          Tensor.Halves ab = mapped.reshape(mapped.size(0), 1, 1, mapped.size(1)).halves(3);
          return ab.second().plusProduct(x, ab.first().plus(1));
        });
  }
}
