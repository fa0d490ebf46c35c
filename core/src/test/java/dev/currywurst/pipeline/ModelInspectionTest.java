package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.testing.Folders;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInspectionTest {
  @TempDir Path folder;

  @Test
  void tellsSizesOfAWholeModel() {
    ModelInspection inspection = ModelInspection.of(ModelFolder.open(Fixtures.wuerstchen()));
    assertThat(inspection.canGenerate()).isTrue();
    assertThat(inspection.parts()).hasSize(10).allMatch(part -> part.problem().isEmpty());
    ModelInspection.Part stageC = inspection.part(Component.PRIOR);
    assertThat(stageC.types()).containsExactly("F32");
    assertThat(stageC.bytes()).isEqualTo(4 * stageC.parameters());
    assertThat(stageC.tensors()).isGreaterThan(40);
    assertThat(inspection.part(Component.PRIOR_TOKENIZER).weightFile()).isEmpty();
  }

  @Test
  void tellsWhatIsMissingAndWhatDoesNotFit() throws IOException {
    Folders.copy(Fixtures.wuerstchen().resolve("decoder"), folder.resolve("decoder"));
    Files.delete(folder.resolve("decoder/vqgan/diffusion_pytorch_model.safetensors"));
    Path config = folder.resolve("decoder/decoder/config.json");
    Files.writeString(config, Files.readString(config).replace("\"c_r\": 16", "\"c_r\": 17"));
    Files.writeString(folder.resolve("decoder/tokenizer/vocab.json"), "[]");

    ModelInspection inspection = ModelInspection.of(ModelFolder.open(folder));
    assertThat(inspection.canGenerate()).isFalse();
    assertThat(inspection.part(Component.PRIOR).problem().orElseThrow()).contains("has no Stage C");
    assertThat(inspection.part(Component.PRIOR_SCHEDULER).problem()).isEmpty();
    assertThat(inspection.part(Component.VQGAN).problem().orElseThrow())
        .contains("has no weights for the Stage A");
    assertThat(inspection.part(Component.DECODER).problem().orElseThrow())
        .contains("has shape")
        .contains("17");
    assertThat(inspection.part(Component.DECODER_TOKENIZER).problem()).isPresent();
    assertThat(inspection.part(Component.DECODER_TEXT_ENCODER).problem()).isEmpty();
  }
}
