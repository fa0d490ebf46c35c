package dev.currywurst.wuerstchen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.LowRank;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Low-rank additions to layers whose weights are folded with others before they are used. With W =
 * W0 + s B A in the weights instead, the chain rule tells what A and B must learn: s Bᵀ dW and s dW
 * Aᵀ.
 */
class LowRankGradientTest {
  private static final double SCALE = 1.5;

  private final WeightFile inputs =
      WeightFile.open(Fixtures.wuerstchen().resolve("expected.safetensors"));

  private record Pair(Tensor down, Tensor up) {}

  /** Additions of rank 2 to all layers of some names, kept by layer. */
  private static final class Additions implements LowRank.Source {
    private final Pattern layers;
    private final Map<String, Pair> pairs = new LinkedHashMap<>();

    Additions(String layers) {
      this.layers = Pattern.compile(layers);
    }

    @Override
    public LowRank of(String layer, long in, long out) {
      if (!layers.matcher(layer).matches()) {
        return null;
      }
      try (Scope scope = Scope.open();
          Generator draws = new Generator(pairs.size())) {
        Tensor down = draws.normal(DType.FLOAT32, 2, in).times(0.1).own();
        Tensor up = draws.normal(DType.FLOAT32, out, 2).times(0.1).own();
        pairs.put(layer, new Pair(down.requiresGrad(true), up.requiresGrad(true)));
        return new LowRank(down, up, SCALE, 0, () -> Dropout.OFF);
      }
    }

    void close() {
      pairs.values().forEach(pair -> pair.down.close());
      pairs.values().forEach(pair -> pair.up.close());
    }
  }

  @Test
  void reachStageAThroughItsFoldedScalars() {
    compare(
        "decoder/vqgan",
        StageAConfig::read,
        StageA::new,
        StageA::parameters,
        ".*channelwise\\.[02]",
        stageA -> stageA.decode(stageA.encode(inputs.tensor("vq.image"), false)));
  }

  @Test
  void reachStageBThroughItsFoldedSemantics() {
    compare(
        "decoder/decoder",
        StageBConfig::read,
        StageB::new,
        StageB::parameters,
        ".*(channelwise\\.[04]|kv_mapper\\.1|to_k|\\.mapper)",
        stageB -> {
          Tensor x = inputs.tensor("decoder.x");
          StageB.Conditioning conditioning =
              stageB.condition(
                  inputs.tensor("decoder.clip"),
                  inputs.tensor("decoder.effnet"),
                  x.size(2),
                  x.size(3));
          return stageB.denoise(x, stageB.levels(inputs.tensor("decoder.r")), conditioning);
        });
  }

  private static <C, N> void compare(
      String component,
      Function<ConfigFile, C> config,
      BiFunction<C, Parameters, N> network,
      Function<N, Parameters> parameters,
      String layers,
      Function<N, Tensor> pass) {
    Path folder = Fixtures.wuerstchen().resolve(component);
    C read = config.apply(ConfigFile.read(folder.resolve("config.json")));
    WeightFile file = WeightFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
    Additions additions = new Additions(layers);
    try (Scope scope = Scope.open()) {
      N adapted =
          WeightSource.mapped(file, DType.FLOAT32, Device.CPU)
              .build(p -> network.apply(read, p.with(additions)));
      N merged = WeightSource.writable(file, Device.CPU).build(p -> network.apply(read, p));
      Map<String, Tensor> weights = parameters.apply(merged).weights();
      additions.pairs.forEach(
          (layer, pair) -> {
            Tensor product = pair.up.detach().matmul(pair.down.detach()).times(SCALE);
            weights.get(layer + ".weight").plusInPlace(product).requiresGrad(true);
          });
      Tensor expected = pass.apply(merged);
      Tensor actual = pass.apply(adapted);
      assertThat(share(actual.detach(), expected.detach())).isLessThan(1e-4);
      expected.square().mean().backward();
      actual.square().mean().backward();
      assertThat(additions.pairs).hasSizeGreaterThan(3);
      additions.pairs.forEach(
          (layer, pair) -> {
            Tensor slope = Objects.requireNonNull(weights.get(layer + ".weight").grad(), layer);
            Tensor down = pair.up.detach().transpose(0, 1).matmul(slope).times(SCALE);
            Tensor up = slope.matmul(pair.down.detach().transpose(0, 1)).times(SCALE);
            assertThat(share(Objects.requireNonNull(pair.down.grad()), down))
                .as(layer)
                .isLessThan(1e-3);
            assertThat(share(Objects.requireNonNull(pair.up.grad()), up))
                .as(layer)
                .isLessThan(1e-3);
          });
      parameters
          .apply(adapted)
          .weights()
          .forEach((name, weight) -> assertThat(weight.grad()).as(name).isNull());
      parameters.apply(adapted).close();
      parameters.apply(merged).close();
    } finally {
      additions.close();
    }
  }

  private static double share(Tensor actual, Tensor expected) {
    return actual.minus(expected).abs().max().item() / expected.abs().max().item();
  }
}
