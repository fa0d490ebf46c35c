package dev.currywurst.weights;

import static dev.currywurst.weights.WeightFixtures.bytes;
import static dev.currywurst.weights.WeightFixtures.resource;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against what diffusers' conversion makes of the same files, prefixed by the stage's letter. */
class OriginalCheckpointTest {
  @TempDir Path folder;

  @Test
  void readsStageCFromItsRunningMean() {
    WeightFile original = WeightFile.open(resource("original_stage_c.pt"));
    assertThat(original.names())
        .contains(
            "ema_state_dict.blocks.1.attention.attn.in_proj_weight",
            "state_dict.blocks.1.kv_mapper.1.bias");
    expectSame(OriginalCheckpoint.stageC(original), "c");
  }

  @Test
  void readsStageBAndTheImageEncoderFromOneFile() {
    WeightFile original = WeightFile.open(resource("original_stage_b.pt"));
    expectSame(OriginalCheckpoint.stageB(original), "b");
    expectSame(OriginalCheckpoint.imageEncoder(original), "effnet");
  }

  @Test
  void readsStageA() {
    WeightFile original = WeightFile.open(resource("original_vqgan.pt"));
    WeightFile vqgan = OriginalCheckpoint.stageA(original);
    assertThat(vqgan.names()).contains("vquantizer.embedding.weight");
    expectSame(vqgan, "a");
  }

  @Test
  void readsStageCWithoutARunningMean() {
    // The Stage B file has a state_dict alone, as fine-tuned ones may.
    WeightFile original = WeightFile.open(resource("original_stage_b.pt"));
    expectSame(OriginalCheckpoint.stageC(original), "b");
  }

  @Test
  void convertsToSafetensors() {
    Path converted = folder.resolve("prior.safetensors");
    WeightFile original = WeightFile.open(resource("original_stage_c.pt"));
    SafetensorsWriter.write(converted, OriginalCheckpoint.stageC(original), Map.of());
    expectSame(WeightFile.open(converted), "c");
    try (Scope scope = Scope.open()) {
      assertThat(WeightFile.open(converted).tensor("blocks.1.attention.to_v.weight").shape())
          .containsExactly(4, 4);
    }
  }

  @Test
  void passesFilesOfDiffusersUnchanged() {
    WeightFile prior =
        WeightFile.open(
            Fixtures.wuerstchen().resolve("prior/prior/diffusion_pytorch_model.safetensors"));
    assertThat(OriginalCheckpoint.stageC(prior).names()).containsExactlyElementsOf(prior.names());
  }

  @Test
  void refusesProjectionsThatAreNotThree() {
    Path path = folder.resolve("four.safetensors");
    try (Scope scope = Scope.open()) {
      SafetensorsWriter.write(
          path, Map.of("attention.attn.in_proj_bias", Tensor.of(new float[4], 4)));
    }
    WeightFile file = WeightFile.open(path);
    assertThatThrownBy(() -> OriginalCheckpoint.stageC(file))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(
            "tensor \"attention.attn.in_proj_bias\" of shape [4] cannot be cut into 3 equal parts");
  }

  @Test
  void refusesTwoTensorsForOneName() {
    Path path = folder.resolve("both.safetensors");
    try (Scope scope = Scope.open()) {
      Tensor codebook = Tensor.full(1, DType.FLOAT32);
      SafetensorsWriter.write(
          path,
          Map.of("vquantizer.codebook.weight", codebook, "vquantizer.embedding.weight", codebook));
    }
    WeightFile file = WeightFile.open(path);
    assertThatThrownBy(() -> OriginalCheckpoint.stageA(file))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("both under its original name and its name in diffusers");
  }

  private static void expectSame(WeightFile actual, String stage) {
    WeightFile expected = WeightFile.open(resource("original_expected.safetensors")).section(stage);
    assertThat(actual.names()).containsExactlyInAnyOrderElementsOf(expected.names());
    for (String name : expected.names()) {
      assertThat(actual.entry(name)).isEqualTo(expected.entry(name));
      assertThat(bytes(actual, name)).as("%s", name).isEqualTo(bytes(expected, name));
    }
  }
}
