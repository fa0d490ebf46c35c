package dev.currywurst.wuerstchen;

import static dev.currywurst.testing.ParityCase.assertClose;

import dev.currywurst.nn.Attention;
import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Linear;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.DrawnWeights;
import dev.currywurst.testing.ParityCase;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each saving equals the plain form, written here as the paper and the reference have it. What both
 * halves of guidance share is in {@link SharingTest}.
 */
class ExactSavingsTest {
  private static final long SEED = 11;
  private static final double TOLERANCE = 3e-6;
  private static final double EPS = 1e-6;
  private static final int CHANNELS = 24;

  private final Scope scope = Scope.open();
  private final Generator random = new Generator(SEED);

  @AfterEach
  void close() {
    random.close();
    scope.close();
  }

  private Tensor normal(long... shape) {
    return random.normal(DType.FLOAT32, shape);
  }

  private static Tensor linear(Tensor x, DrawnWeights w, String name) {
    return Linear.apply(x, w.of(name + ".weight"), w.of(name + ".bias"));
  }

  /** γ·(x·s) + β + x, Woo et al. 2023, algorithm 1. */
  private static Tensor responseNorm(Tensor x, DrawnWeights w, String name) {
    Tensor norm = x.square().sum(true, 1, 2).sqrt();
    Tensor share = norm.dividedBy(norm.mean(true, 3).plus(EPS));
    return w.of(name + ".gamma").times(x.times(share)).plus(w.of(name + ".beta")).plus(x);
  }

  private static Tensor depthwise(Tensor x, DrawnWeights w, String name, int padding) {
    Conv2d.Shape shape = new Conv2d.Shape(3, 1, padding, CHANNELS);
    Tensor planes = x.channelsFirst().contiguous();
    return Conv2d.apply(planes, w.of(name + ".weight"), w.of(name + ".bias"), shape).channelsLast();
  }

  /**
   * The encoder's map goes through the product of two matrices, and the response norm's shift into
   * a bias.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void foldedSemanticMap(boolean frozen) {
    try (DrawnWeights w = new DrawnWeights(SEED, frozen);
        Parameters p = Parameters.from(w)) {
      Conv2d mapper = new Conv2d(p.at("mapper"), 5, 40, Conv2d.Shape.POINTWISE);
      var shape = new ResidualBlock.Shape(3, 8, 40, 0, Init.XAVIER);
      ResidualBlock block = new ResidualBlock(p, CHANNELS, shape, mapper);
      Tensor x = normal(2, 6, 7, CHANNELS);
      Tensor skip = normal(2, 6, 7, 8);
      Tensor semantics = normal(2, 6, 7, 5);

      Tensor mapped =
          Linear.apply(semantics, w.of("mapper.weight").reshape(40, 5), w.of("mapper.bias"));
      Tensor normed = Functional.layerNorm(depthwise(x, w, "depthwise", 1), EPS);
      Tensor wide =
          Functional.gelu(linear(Tensor.cat(List.of(normed, skip, mapped), 3), w, "channelwise.0"));
      Tensor plain = linear(responseNorm(wide, w, "channelwise.2"), w, "channelwise.4").plus(x);

      Tensor saving =
          Grad.off(() -> block.apply(x, skip, semantics, block.expansion(), Dropout.OFF));
      assertClose(saving, plain, TOLERANCE);
    }
  }

  /** Text keys and values are made once, beside the picture's own. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void textKeysAndValues(boolean frozen) {
    int heads = 3;
    try (DrawnWeights w = new DrawnWeights(SEED, frozen);
        Parameters p = Parameters.from(w)) {
      AttentionBlock block = new AttentionBlock(p, CHANNELS, 10, heads, 0);
      Tensor x = normal(2, 4, 5, CHANNELS);
      Tensor text = normal(2, 77, 10);

      Tensor words = linear(Functional.silu(text), w, "kv_mapper.1");
      Tensor tokens = Functional.layerNorm(x, EPS).reshape(2, 20, CHANNELS);
      Tensor all = Tensor.cat(List.of(tokens, words), 1);
      Tensor attended =
          Attention.attend(
              linear(tokens, w, "attention.to_q"),
              linear(all, w, "attention.to_k"),
              linear(all, w, "attention.to_v"),
              heads);
      Tensor plain = x.plus(linear(attended, w, "attention.to_out.0").reshape(x.shape()));

      AttentionBlock.Memory once = block.memory(text);
      assertClose(Grad.off(() -> block.apply(x, once, Dropout.OFF)), plain, TOLERANCE);
      assertClose(Grad.off(() -> block.apply(x, once, Dropout.OFF)), plain, TOLERANCE);
    }
  }

  /** Stage A's six scalars go into the layers beside them, and pixels through in parts. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void foldedGammas(boolean frozen) {
    try (DrawnWeights w = new DrawnWeights(SEED, frozen);
        Parameters p = Parameters.from(w)) {
      MixingBlock block = new MixingBlock(p, CHANNELS);
      float[] gammas = w.of("gammas").toFloats();
      Tensor x = normal(1, 96, 100, CHANNELS); // more pixels than one part has

      Tensor normed = Functional.layerNorm(x, EPS).times(1 + gammas[0]).plus(gammas[1]);
      Tensor padded = Functional.replicationPad(normed.channelsFirst(), 1).channelsLast();
      Tensor h = x.plus(depthwise(padded, w, "depthwise.1", 0).times(gammas[2]));
      Tensor second = Functional.layerNorm(h, EPS).times(1 + gammas[3]).plus(gammas[4]);
      Tensor wide = Functional.gelu(linear(second, w, "channelwise.0"));
      Tensor plain = h.plus(linear(wide, w, "channelwise.2").times(gammas[5]));

      assertClose(Grad.off(() -> block.apply(x)), plain, TOLERANCE);
    }
  }

  /** Layers over [batch, height, width, channels] equal those over [batch, channels, ...]. */
  @Test
  void channelsLast() {
    try (DrawnWeights w = new DrawnWeights(SEED, false);
        Parameters p = Parameters.from(w)) {
      Tensor x = normal(2, 8, 6, CHANNELS);
      Tensor planes = x.channelsFirst().contiguous();
      for (Conv2d.Shape shape :
          List.of(
              Conv2d.Shape.POINTWISE,
              Conv2d.Shape.strided(2, 2, 0),
              Conv2d.Shape.depthwise(3, CHANNELS))) {
        Conv2d conv = new Conv2d(p.at(shape.toString()), CHANNELS, CHANNELS, shape);
        assertClose(
            conv.applyChannelsLast(x), conv.apply(planes).channelsLast().contiguous(), TOLERANCE);
      }
    }
  }

  /** All levels of a schedule at once equal each on its own. */
  @Test
  void tablesOfNoiseLevels() {
    ParityCase reference = ParityCase.stored();
    StageCConfig configC = StageCConfig.read(reference.config("prior/prior"));
    StageBConfig configB = StageBConfig.read(reference.config("decoder/decoder"));
    float[] levels = {1, 0.7f, 0.05f};
    try (StageC stageC = reference.network("prior/prior", p -> new StageC(configC, p));
        StageB stageB = reference.network("decoder/decoder", p -> new StageB(configB, p))) {
      Tensor all = Tensor.of(levels, levels.length);
      Tensor c = normal(2, configC.latentChannels(), 4, 3);
      StageC.Conditioning textC = stageC.condition(normal(2, 77, configC.textWidth()));
      NoiseLevels tableC = stageC.levels(all);
      Tensor b = normal(2, configB.latentChannels(), 32, 32);
      StageB.Conditioning textB =
          stageB.condition(
              normal(2, 77, configB.textWidth()),
              normal(2, configB.semanticChannels(), 3, 3),
              32,
              32);
      NoiseLevels tableB = stageB.levels(all);
      for (int i = 0; i < levels.length; i++) {
        NoiseLevels plainC = stageC.levels(Tensor.full(levels[i], DType.FLOAT32, 1));
        NoiseLevels plainB = stageB.levels(Tensor.full(levels[i], DType.FLOAT32, 1));
        assertClose(
            stageC.denoise(c, tableC.at(i), textC), stageC.denoise(c, plainC, textC), TOLERANCE);
        assertClose(
            stageB.denoise(b, tableB.at(i), textB), stageB.denoise(b, plainB, textB), TOLERANCE);
      }
    }
  }
}
