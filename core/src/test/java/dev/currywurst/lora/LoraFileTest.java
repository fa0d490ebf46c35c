package dev.currywurst.lora;

import static dev.currywurst.lora.LoraFixtures.EXPECTED;
import static dev.currywurst.lora.LoraFixtures.INPUTS;
import static dev.currywurst.lora.LoraFixtures.denoised;
import static dev.currywurst.lora.LoraFixtures.difference;
import static dev.currywurst.lora.LoraFixtures.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.lora.LoraNames.Role;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.text.ClipTextEncoder;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.wuerstchen.StageC;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LoRA files of other tools do here what they do there. */
class LoraFileTest {
  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "pytorch_lora_weights.safetensors, DIFFUSERS",
    "older.safetensors, DIFFUSERS",
    "kohya.safetensors, KOHYA"
  })
  void changesStageCAndItsTextTowerAsInDiffusers(String name, LoraDialect dialect) {
    LoraFile lora = LoraFile.open(file(name));
    assertThat(lora.dialect()).isEqualTo(dialect);
    assertThat(lora.layers()).hasSize(16);
    assertMakes(lora, 1, "diffusers");
    assertMakes(lora, 0.25, "diffusers_quarter");
    try (Scope scope = Scope.open();
        ClipTextEncoder tower =
            LoraFixtures.textEncoder(
                LoraMerge.of(List.of(lora.scaled(1)), LoraPart.TEXT_ENCODER))) {
      Tensor states = tower.encode(INPUTS.tensor("text.ids"), INPUTS.tensor("text.mask"));
      assertThat(difference(states, EXPECTED.tensor("diffusers_text"))).isLessThan(1e-5);
    }
  }

  @Test
  void takesRanksAndAlphasOfEachLayerFromPeftsFolder() {
    LoraFile lora = LoraFile.open(file("peft"));
    assertThat(lora.dialect()).isEqualTo(LoraDialect.PEFT);
    assertThat(layer(lora, "blocks.2.attention.to_q").rank()).isEqualTo(5);
    assertThat(layer(lora, "blocks.2.attention.to_q").alpha()).isEqualTo(6);
    assertThat(layer(lora, "blocks.2.kv_mapper.1").scale()).isEqualTo(3);
    assertThat(layer(lora, "blocks.0.channelwise.0").alpha()).isEqualTo(1);
    assertMakes(lora, 1, "peft");
  }

  private static LoraFile.Layer layer(LoraFile lora, String module) {
    return lora.layers().get(new LoraTarget(LoraPart.PRIOR, module));
  }

  private static void assertMakes(LoraFile lora, double strength, String expected) {
    try (Scope scope = Scope.open();
        StageC stageC =
            LoraFixtures.stageC(LoraMerge.of(List.of(lora.scaled(strength)), LoraPart.PRIOR))) {
      assertThat(difference(denoised(stageC), EXPECTED.tensor(expected))).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"peft", "pytorch_lora_weights.safetensors"})
  void survivesEveryDialect(String name) {
    LoraFile lora = LoraFile.open(file(name));
    for (LoraDialect dialect : LoraDialect.values()) {
      if (dialect == LoraDialect.PEFT && lora.changes(LoraPart.TEXT_ENCODER)) {
        continue;
      }
      Path target = folder.resolve(name + dialect + ".safetensors");
      try (Scope scope = Scope.open()) {
        LoraWriter.write(target, dialect, lora.factors(), Map.of("modelspec.title", "dragons"));
        LoraFile written = LoraFile.open(target);
        assertThat(written.dialect()).isEqualTo(dialect);
        assertThat(written.layers().keySet()).isEqualTo(lora.layers().keySet());
        assertThat(written.metadata())
            .containsEntry("modelspec.title", "dragons")
            .containsEntry("ss_base_model_version", "wuerstchen_v2");
        lora.layers()
            .keySet()
            .forEach(
                target1 ->
                    assertThat(
                            difference(
                                written.factors(target1).product(1),
                                lora.factors(target1).product(1)))
                        .isLessThan(1e-6));
      }
    }
  }

  /** diffusers, peft and kohya's scripts load each factor into a layer of its layer's kind. */
  @ParameterizedTest
  @EnumSource
  void writesTheFactorsOfConvolutionsAsConvolutions(LoraDialect dialect) {
    LoraTarget in = new LoraTarget(LoraPart.PRIOR, "projection");
    LoraTarget out = new LoraTarget(LoraPart.PRIOR, "out.1");
    LoraTarget linear = new LoraTarget(LoraPart.PRIOR, "cond_mapper.0");
    Path target = folder.resolve("convolutions");
    try (Scope scope = Scope.open()) {
      Tensor down = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Tensor up = Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2);
      LoraFactors factors = new LoraFactors(down, up, 0.5);
      LoraWriter.write(
          target, dialect, Map.of(in, factors, out, factors, linear, factors), Map.of());
      LoraFile written = LoraFile.open(target);
      WeightFile tensors = WeightFile.open(written.files().get(0));
      for (LoraTarget layer : List.of(in, out)) {
        assertThat(shape(tensors, dialect, layer, Role.DOWN)).containsExactly(2L, 3L, 1L, 1L);
        assertThat(shape(tensors, dialect, layer, Role.UP)).containsExactly(4L, 2L, 1L, 1L);
      }
      assertThat(shape(tensors, dialect, linear, Role.DOWN)).containsExactly(2L, 3L);
      assertThat(shape(tensors, dialect, linear, Role.UP)).containsExactly(4L, 2L);
      assertThat(written.factors(out).product(1).toFloats())
          .isEqualTo(factors.product(1).toFloats());
    }
  }

  private static List<Long> shape(
      WeightFile tensors, LoraDialect dialect, LoraTarget layer, Role role) {
    return tensors.entry(LoraNames.of(dialect, layer, role)).shape();
  }

  @Test
  void refusesTensorsThatBelongToNoLayer() {
    Path other = written(Map.of("unet.down_blocks.0.attn1.to_q.lora_A.weight", 2L));
    assertThatThrownBy(() -> LoraFile.open(other))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("1 of its 1 tensors belong to no layer")
        .hasMessageContaining("unet.down_blocks.0.attn1.to_q.lora_A.weight");
  }

  @Test
  void refusesHalfALayer() {
    Path half = written(Map.of("prior.blocks.2.attention.to_q.lora_A.weight", 2L));
    assertThatThrownBy(() -> LoraFile.open(half))
        .hasMessageContaining("only one of the two factors of prior.blocks.2.attention.to_q");
  }

  @Test
  void refusesFactorsOfDifferentRanks() {
    Path odd =
        written(
            Map.of(
                "prior.blocks.2.attention.to_q.lora_A.weight", 2L,
                "prior.blocks.2.attention.to_q.lora_B.weight", 3L));
    assertThatThrownBy(() -> LoraFile.open(odd)).hasMessageContaining("cannot be multiplied");
  }

  @Test
  void refusesAModelThatLacksTheLayer() {
    Path far =
        written(
            Map.of(
                "prior.blocks.95.attention.to_q.lora_A.weight", 4L,
                "prior.blocks.95.attention.to_q.lora_B.weight", 4L));
    var change = LoraMerge.of(List.of(LoraFile.open(far).scaled(1)), LoraPart.PRIOR);
    assertThatThrownBy(() -> LoraFixtures.stageC(change))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("does not fit the model")
        .hasMessageContaining("blocks.95.attention.to_q.weight");
  }

  @Test
  void refusesAModelOfAnotherWidth() {
    Path wide =
        written(
            Map.of(
                "prior.blocks.2.attention.to_q.lora_A.weight", 4L,
                "prior.blocks.2.attention.to_q.lora_B.weight", 4L));
    var change = LoraMerge.of(List.of(LoraFile.open(wide).scaled(1)), LoraPart.PRIOR);
    assertThatThrownBy(() -> LoraFixtures.stageC(change))
        .hasMessageContaining("prior.blocks.2.attention.to_q as a weight [4, 4]")
        .hasMessageContaining("[32, 32]");
  }

  /** A file of square tensors of these sides. */
  private Path written(Map<String, Long> sides) {
    Path target = folder.resolve("made.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      sides.forEach((name, side) -> tensors.put(name, Tensor.zeros(DType.FLOAT32, side, side)));
      SafetensorsWriter.write(target, tensors);
    }
    return target;
  }
}
