package dev.currywurst.wuerstchen;

import dev.currywurst.nn.Functional;
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

  /** From embedded levels [n, levelWidth] to [n, 2C]. */
  Linear mapper() {
    return mapper;
  }

  /** Scale and shift out of what {@link #mapper} gives, [n, 2C]. */
  static NoiseLevels.Modulation modulation(Tensor mapped) {
    try (Scope scope = Scope.open()) {
      var ab = mapped.reshape(mapped.size(0), 1, 1, mapped.size(1)).halves(3);
      return new NoiseLevels.Modulation(scope.keep(ab.first().plus(1)), scope.keep(ab.second()));
    }
  }

  /** [B, H, W, C] to the same; {@code levels} are one for all pictures or one for each. */
  Tensor apply(Tensor x, NoiseLevels levels) {
    return apply(x, levels.of(this));
  }

  /** As {@link #apply(Tensor, NoiseLevels)}, with what the levels are to this block. */
  static Tensor apply(Tensor x, NoiseLevels.Modulation modulation) {
    return Functional.modulate(x, modulation.scale(), modulation.shift());
  }
}
