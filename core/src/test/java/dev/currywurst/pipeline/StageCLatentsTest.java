package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageCLatentsTest {
  @TempDir Path folder;

  private final StageCLatents latents =
      new StageCLatents(LatentGrid.of(2, 1, 3, 1, 2, 3, 4, 5, Float.MIN_VALUE));

  @Test
  void comeBackToTheBitWithTheirRemarks() {
    Path file = folder.resolve("dragon.safetensors");
    latents.save(file, Map.of("prompt", "ein grüner Drache"));
    assertThat(StageCLatents.load(file)).isEqualTo(latents);
    assertThat(WeightFile.open(file).metadata()).containsEntry("prompt", "ein grüner Drache");
  }

  @Test
  void refusesOtherFiles() {
    Path file = folder.resolve("other.safetensors");
    try (Scope scope = Scope.open()) {
      SafetensorsWriter.write(file, Map.of("weight", Tensor.of(new float[1], 1)));
      assertThatThrownBy(() -> StageCLatents.load(file))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("does not hold Stage C latents");
      SafetensorsWriter.write(
          file, Map.of("image_embeddings", Tensor.of(new float[8], 2, 4, 1, 1)));
      assertThatThrownBy(() -> StageCLatents.load(file))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("has shape [2, 4, 1, 1]");
      SafetensorsWriter.write(
          file, Map.of("image_embeddings", Tensor.of(new float[] {Float.NaN}, 1, 1, 1, 1)));
      assertThatThrownBy(() -> StageCLatents.load(file))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("not finite");
    }
  }
}
