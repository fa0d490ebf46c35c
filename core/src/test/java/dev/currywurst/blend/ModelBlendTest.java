package dev.currywurst.blend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.lora.LoraFile;
import dev.currywurst.lora.LoraMerge;
import dev.currywurst.lora.LoraPart;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.weights.WeightChange;
import dev.currywurst.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies between two models. */
class ModelBlendTest {
  private static final String QUERY = "blocks.2.attention.to_q.weight";
  private static final String WIDE = "blocks.0.channelwise.0.weight";

  @TempDir private Path folder = Path.of("");
  private final ModelFolder base = ModelFolder.open(Fixtures.wuerstchen());
  private ModelFolder tuned = base;

  /** The base with changes in all linear layers of Stage C, and in the tower's attention. */
  @BeforeEach
  void makeTunedModel() {
    LoraFile stageC = LoraFile.open(Fixtures.path("lora/peft"));
    LoraFile both = LoraFile.open(Fixtures.path("lora/pytorch_lora_weights.safetensors"));
    Map<Component, WeightChange> changes = new EnumMap<>(Component.class);
    changes.put(
        Component.PRIOR, LoraMerge.of(List.of(stageC.scaled(1)), LoraPart.PRIOR).orElseThrow());
    changes.put(
        Component.PRIOR_TEXT_ENCODER,
        LoraMerge.of(List.of(both.scaled(1)), LoraPart.TEXT_ENCODER).orElseThrow());
    tuned = written("tuned", changes);
  }

  private ModelFolder written(String name, Map<Component, WeightChange> changes) {
    ModelBlend.changed(base, changes, folder.resolve(name));
    return ModelFolder.open(folder.resolve(name));
  }

  private static WeightFile stageC(ModelFolder model) {
    return model.require(Component.PRIOR).weights(DType.FLOAT32);
  }

  private static float[] values(ModelFolder model, String name) {
    try (Scope scope = Scope.open()) {
      return stageC(model).tensor(name).toFloats();
    }
  }

  @Test
  void averagesWeightByWeight() {
    ModelBlend blend = ModelBlend.of(base, tuned);
    BlendRules half = new BlendRules(0.5, List.of());
    BlendReport report = blend.measure(half);
    assertThat(report.notices()).isEmpty();
    assertThat(report.groups())
        .extracting(BlendReport.Group::name)
        .contains("prior:attention", "prior:channelwise", "prior:timestep", "prior:text")
        .contains("prior-text-encoder:attention", "decoder:attention", "vqgan:other");
    assertThat(group(report, "prior:depthwise").difference()).isZero();
    assertThat(group(report, "prior:attention").difference()).isPositive();
    blend.write(folder.resolve("half"), half);
    ModelFolder written = ModelFolder.open(folder.resolve("half"));
    float[] before = values(base, QUERY);
    float[] after = values(tuned, QUERY);
    float[] mean = values(written, QUERY);
    double square = 0;
    for (int i = 0; i < mean.length; i++) {
      assertThat(mean[i]).isCloseTo((before[i] + after[i]) / 2, within(1e-6f));
      square += Math.pow(after[i] - before[i], 2);
    }
    assertThat(square).isPositive();
    assertThat(group(report, "prior:attention").difference()).isGreaterThan(Math.sqrt(square));
    assertThat(values(written, "projection.weight")).isEqualTo(values(base, "projection.weight"));
  }

  private static BlendReport.Group group(BlendReport report, String name) {
    return report.groups().stream().filter(g -> g.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void swapsLayersToTheBitByTheFirstRuleThatMatches() {
    BlendRules rules =
        new BlendRules(
            0, List.of(BlendRule.parse("prior.blocks.5=0"), BlendRule.parse("attention=1")));
    ModelBlend blend = ModelBlend.of(base, tuned);
    BlendReport report = blend.measure(rules);
    assertThat(group(report, "prior:attention").lowest()).isZero();
    assertThat(group(report, "prior:attention").highest()).isEqualTo(1);
    blend.write(folder.resolve("swapped"), rules);
    ModelFolder swapped = ModelFolder.open(folder.resolve("swapped"));
    assertThat(values(swapped, QUERY)).isEqualTo(values(tuned, QUERY));
    assertThat(values(swapped, WIDE)).isEqualTo(values(base, WIDE));
    String later = QUERY.replace("blocks.2", "blocks.5");
    assertThat(values(swapped, later)).isEqualTo(values(base, later));
  }

  @Test
  void goesBeyondBothModels() {
    BlendRules rules = new BlendRules(0, List.of(BlendRule.parse("prior.*to_q.weight=1.5")));
    ModelBlend.of(base, tuned).write(folder.resolve("beyond"), rules);
    ModelFolder beyond = ModelFolder.open(folder.resolve("beyond"));
    float[] before = values(base, QUERY);
    float[] after = values(tuned, QUERY);
    float[] made = values(beyond, QUERY);
    for (int i = 0; i < made.length; i++) {
      assertThat(made[i]).isCloseTo(1.5f * after[i] - 0.5f * before[i], within(1e-5f));
    }
  }

  /** A sweep paints with what write would have written. */
  @Test
  void paintsWithABlendThatNobodyWrote() {
    BlendRules rules = new BlendRules(0.25, List.of());
    ModelBlend blend = ModelBlend.of(base, tuned);
    blend.write(folder.resolve("quarter"), rules);
    GenerationRequest request =
        GenerationRequest.of("a fox").withSeed(1).withSize(128, 128).withSteps(2);
    PipelineOptions options = PipelineOptions.standard().withType(DType.FLOAT32);
    try (WuerstchenPipeline unwritten =
            WuerstchenPipeline.of(blend.basis(), blend.applyTo(options, rules));
        WuerstchenPipeline written =
            WuerstchenPipeline.of(ModelFolder.open(folder.resolve("quarter")), options);
        WuerstchenPipeline plain = WuerstchenPipeline.of(base, options)) {
      var image = unwritten.generate(request).image();
      assertThat(image).isEqualTo(written.generate(request).image());
      assertThat(image).isNotEqualTo(plain.generate(request).image());
    }
  }

  @Test
  void refusesOtherNetworksThatDifferUnlessARuleDecides() {
    ModelFolder other =
        written("other", Map.of(Component.VQGAN, doubled("out_block.0.weight", "VQGAN")));
    ModelBlend blend = ModelBlend.of(base, other);
    assertThatThrownBy(() -> blend.measure(new BlendRules(0.5, List.of())))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("The Stage A differs")
        .hasMessageContaining("--rule vqgan=0");
    BlendRules rules = new BlendRules(0.5, List.of(BlendRule.parse("vqgan=1")));
    assertThat(group(blend.measure(rules), "vqgan:other").highest()).isEqualTo(1);
  }

  /** Whoever asks for the blend: a report, a new model, or a picture. */
  @Test
  void refusesToMixTowersThatReadOtherWords() throws IOException {
    Path merges = tuned.require(Component.PRIOR_TOKENIZER).folder().resolve("merges.txt");
    Files.writeString(merges, "x y\n", StandardOpenOption.APPEND);
    ModelBlend blend = ModelBlend.of(base, tuned);
    BlendRules none = new BlendRules(0, List.of());
    blend.measure(none);
    assertThat(blend.changes(none)).isEmpty();
    BlendRules half = none.withAlpha(0.5);
    List<ThrowingCallable> ways =
        List.of(
            () -> blend.measure(half),
            () -> blend.write(folder.resolve("half"), half),
            () -> blend.applyTo(PipelineOptions.standard(), half));
    for (ThrowingCallable way : ways) {
      assertThatThrownBy(way)
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("their towers read other words; add --rule prior-text-encoder=0");
    }
    assertThat(folder.resolve("half")).doesNotExist();
    BlendRules ownTower = new BlendRules(0.5, List.of(BlendRule.parse("prior-text-encoder=0")));
    assertThat(blend.changes(ownTower)).containsOnlyKeys(Component.PRIOR);
  }

  private static WeightChange doubled(String name, String origin) {
    return new WeightChange() {
      @Override
      public Set<String> names() {
        return Set.of(name);
      }

      @Override
      public Tensor apply(String weight, Tensor stored) {
        return stored.times(2);
      }

      @Override
      public String origin() {
        return origin;
      }
    };
  }

  @Test
  void refusesRulesThatDecideNothing() {
    ModelBlend blend = ModelBlend.of(base, tuned);
    for (String rule : List.of("atention=1", "prior.blocks.96=0", "prior.*to_z*=0.3")) {
      BlendRules rules = new BlendRules(0.5, List.of(BlendRule.parse(rule)));
      assertThatThrownBy(() -> blend.measure(rules)).hasMessageContaining("decides no weight");
    }
    assertThatThrownBy(() -> BlendRule.parse("attention")).hasMessageContaining("PATTERN=ALPHA");
    assertThatThrownBy(() -> new BlendRules(Double.NaN, List.of())).hasMessageContaining("Alpha");
  }

  @Test
  void refusesAChangeOfWeightsThatAreNotThere() {
    assertThatThrownBy(
            () -> written("none", Map.of(Component.PRIOR, doubled("blocks.99.x", "The test"))))
        .hasMessageContaining("The test does not fit the model")
        .hasMessageContaining("blocks.99.x");
  }
}
