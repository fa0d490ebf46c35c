package dev.currywurst.lora;

import static dev.currywurst.lora.LoraFixtures.EXPECTED;
import static dev.currywurst.lora.LoraFixtures.denoised;
import static dev.currywurst.lora.LoraFixtures.difference;
import static dev.currywurst.lora.LoraFixtures.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.StageC;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What adapters compute and learn, against peft. */
class AdaptersTest {
  private static final List<String> LINEAR =
      List.of(
          "to_q",
          "to_k",
          "to_v",
          "to_out.0",
          "kv_mapper.1",
          "channelwise.0",
          "channelwise.4",
          "blocks\\.\\d+\\.mapper",
          "cond_mapper.0",
          "cond_mapper.2");

  @TempDir private Path folder = Path.of("");

  private static StageC adapted(Adapters adapters) {
    return WeightSource.mapped(LoraFixtures.stageCWeights(), DType.FLOAT32, Device.CPU)
        .build(p -> new StageC(LoraFixtures.stageCConfig(), p.with(adapters.of(LoraPart.PRIOR))));
  }

  /** The golden adapter has several ranks; one of a single rank has the same layers here. */
  @Test
  void learnsWhatPeftLearns() {
    LoraFile lora = LoraFile.open(file("peft"));
    for (int rank : new int[] {2, 4, 5}) {
      List<String> targets =
          lora.layers().values().stream()
              .filter(layer -> layer.rank() == rank)
              .map(layer -> layer.target().module())
              .toList();
      compareGradients(lora, rank, targets);
    }
  }

  /** Layers of one rank learn; those of the others are merged, which must change nothing. */
  private void compareGradients(LoraFile lora, int rank, List<String> targets) {
    Path own = folder.resolve("own.safetensors");
    Path others = folder.resolve("others.safetensors");
    try (Scope scope = Scope.open()) {
      split(lora, targets, own, others);
      var rest = LoraMerge.of(List.of(LoraFile.open(others).scaled(1)), LoraPart.PRIOR);
      try (Adapters adapters =
              new Adapters(AdapterSettings.of(rank).withAlpha(6).withTargets(targets), 1);
          StageC stageC =
              WeightSource.mapped(LoraFixtures.stageCWeights(), DType.FLOAT32, Device.CPU)
                  .with(rest.orElseThrow())
                  .build(
                      p ->
                          new StageC(
                              LoraFixtures.stageCConfig(), p.with(adapters.of(LoraPart.PRIOR))))) {
        adapters.begin(LoraFile.open(own));
        Map<String, Tensor> trained = adapters.trained();
        trained.values().forEach(factor -> factor.requiresGrad(true));
        Tensor out = denoised(stageC);
        assertThat(difference(out.detach(), EXPECTED.tensor("peft"))).isLessThan(1e-5);
        Tensor loss = Functional.squaredError(out, EXPECTED.tensor("wanted")).mean();
        loss.backward();
        double expected = EXPECTED.tensor("loss").item();
        assertThat(loss.item()).isCloseTo(expected, within(1e-5 * expected));
        assertThat(trained).hasSize(2 * targets.size());
        trained.forEach((name, factor) -> compare(name, factor, lora));
        stageC
            .parameters()
            .weights()
            .forEach((name, weight) -> assertThat(weight.grad()).as(name).isNull());
      }
    }
  }

  private static void compare(String name, Tensor factor, LoraFile lora) {
    Tensor expected = EXPECTED.tensor("gradient." + name);
    String module = name.substring("prior.".length(), name.indexOf(".lora_"));
    LoraFile.Layer layer = lora.layers().get(new LoraTarget(LoraPart.PRIOR, module));
    // Where the file's scale is another, B holds the difference and its gradient is larger for it.
    double ours = 6.0 / layer.rank();
    double ratio = name.contains("lora_B") ? ours / layer.scale() : 1;
    Tensor gradient = Objects.requireNonNull(factor.grad(), name).times(1 / ratio);
    assertThat(difference(gradient, expected)).as(name).isLessThan(1e-4);
  }

  private static void split(LoraFile lora, List<String> targets, Path own, Path others) {
    Map<LoraTarget, LoraFactors> mine = new LinkedHashMap<>(lora.factors());
    Map<LoraTarget, LoraFactors> rest = new LinkedHashMap<>(mine);
    mine.keySet().removeIf(target -> !targets.contains(target.module()));
    rest.keySet().removeAll(mine.keySet());
    LoraWriter.write(own, LoraDialect.KOHYA, mine, Map.of());
    LoraWriter.write(others, LoraDialect.KOHYA, rest, Map.of());
  }

  @Test
  void beginsWithTheNetworkAsItIs() {
    try (Scope scope = Scope.open();
        Adapters adapters = new Adapters(AdapterSettings.of(4).withTargets(LINEAR), 7);
        StageC adapted = adapted(adapters);
        StageC plain = LoraFixtures.stageC(Optional.empty())) {
      assertThat(adapters.trained()).hasSize(2 * 18);
      assertThat(difference(denoised(adapted), denoised(plain))).isLessThan(1e-6);
    }
  }

  @Test
  void trainsTheProjectionsOfAttentionUnlessToldOtherwise() {
    try (Scope scope = Scope.open();
        Adapters adapters = new Adapters(AdapterSettings.of(3), 7);
        StageC network = adapted(adapters)) {
      assertThat(adapters.trained().keySet())
          .hasSize(16)
          .contains("prior.blocks.2.attention.to_out.0.lora_A.weight")
          .allMatch(name -> name.matches("prior\\.blocks\\.[25]\\.attention\\.to_.*"));
      // Two factors of 3 x 32 for each of four layers in each of two blocks.
      assertThat(adapters.count()).isEqualTo(2 * 3 * 32 * 8);
      Tensor down = adapters.trained().get("prior.blocks.2.attention.to_q.lora_A.weight");
      assertThat(down.abs().max().item()).isBetween(0.1, 1 / Math.sqrt(32));
      assertThat(network.parameters().weights().keySet()).noneMatch(n -> n.contains("lora"));
    }
  }

  @Test
  void whatIsSavedDoesWhatWasTrained() {
    Path saved = folder.resolve("saved.safetensors");
    try (Scope scope = Scope.open();
        Adapters adapters =
            new Adapters(AdapterSettings.of(2).withAlpha(3).withTargets(LINEAR), 7);
        StageC adapted = adapted(adapters)) {
      moveAway(adapters);
      Tensor trained = denoised(adapted);
      for (LoraDialect dialect : LoraDialect.values()) {
        adapters.save(saved.resolveSibling("saved-" + dialect), dialect, Map.of());
        LoraFile file = LoraFile.open(saved.resolveSibling("saved-" + dialect));
        try (StageC merged =
            LoraFixtures.stageC(LoraMerge.of(List.of(file.scaled(1)), LoraPart.PRIOR))) {
          assertThat(difference(denoised(merged), trained)).as(dialect.name()).isLessThan(1e-5);
        }
      }
      Path model = folder.resolve("merged.safetensors");
      SafetensorsWriter.write(model, adapters.merged(LoraPart.PRIOR, adapted.parameters().state()));
      try (StageC merged =
          WeightSource.mapped(WeightFile.open(model), DType.FLOAT32, Device.CPU)
              .build(p -> new StageC(LoraFixtures.stageCConfig(), p))) {
        assertThat(difference(denoised(merged), trained)).isLessThan(1e-5);
      }
    }
  }

  /** B begins at zero, so that nothing would be seen of A. */
  private static void moveAway(Adapters adapters) {
    try (Generator draws = new Generator(3)) {
      adapters
          .trained()
          .values()
          .forEach(
              factor -> factor.copyInPlace(draws.normal(DType.FLOAT32, factor.shape()).times(0.2)));
    }
  }

  @Test
  void dropsInputsOnlyInTraining() {
    try (Scope scope = Scope.open();
        Adapters adapters = new Adapters(AdapterSettings.of(4).withDropout(0.5), 7);
        StageC adapted = adapted(adapters)) {
      moveAway(adapters);
      Tensor plain = denoised(adapted);
      Dropout random = Dropout.drawing(1, 2);
      Tensor dropped = adapters.withDropout(random, () -> denoised(adapted));
      assertThat(difference(dropped, plain)).isGreaterThan(1e-3);
      assertThat(difference(denoised(adapted), plain)).isZero();
    }
  }

  @Test
  void isTakenBackToTheBit() {
    LoraFile lora = LoraFile.open(file("pytorch_lora_weights.safetensors"));
    try (Scope scope = Scope.open();
        StageC stageC =
            WeightSource.writable(LoraFixtures.stageCWeights(), Device.CPU)
                .build(p -> new StageC(LoraFixtures.stageCConfig(), p))) {
      Tensor before = denoised(stageC);
      Map<String, Tensor> weights = stageC.parameters().weights();
      var change = LoraMerge.of(List.of(lora.scaled(1)), LoraPart.PRIOR).orElseThrow();
      LoraMerge.Merged merged = Grad.off(() -> LoraMerge.into(weights, change));
      assertThat(difference(denoised(stageC), EXPECTED.tensor("diffusers"))).isLessThan(1e-5);
      merged.close();
      assertThat(difference(denoised(stageC), before)).isZero();
      Tensor query = LoraFixtures.stageCWeights().tensor("blocks.2.attention.to_q.weight");
      assertThat(weights.get("blocks.2.attention.to_q.weight").toFloats())
          .isEqualTo(query.toFloats());
    }
  }

  @Test
  void addsSeveralLorasUp() {
    LoraFile lora = LoraFile.open(file("pytorch_lora_weights.safetensors"));
    LoraFile kohya = LoraFile.open(file("kohya.safetensors"));
    var change = LoraMerge.of(List.of(lora.scaled(1.5), kohya.scaled(-0.5)), LoraPart.PRIOR);
    try (Scope scope = Scope.open();
        StageC stageC = LoraFixtures.stageC(change)) {
      assertThat(difference(denoised(stageC), EXPECTED.tensor("diffusers"))).isLessThan(1e-5);
    }
  }

  @Test
  void saysWhereNoLayerIsCalledLikeItsTargets() {
    try (Scope scope = Scope.open();
        Adapters adapters = new Adapters(AdapterSettings.of(4).withTargets(List.of("to_z")), 7);
        StageC network = adapted(adapters)) {
      assertThat(network.parameters().count()).isPositive();
      assertThatThrownBy(adapters::trained)
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("to_z");
    }
  }
}
