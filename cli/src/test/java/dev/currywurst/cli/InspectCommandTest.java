package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model holds, in a table. */
class InspectCommandTest {
  private static final Path MODEL = Fixtures.wuerstchen();
  private static final Path WEIGHTS =
      MODEL.resolve("prior/prior/diffusion_pytorch_model.safetensors");

  @TempDir Path folder;

  @Test
  void listsTheParts() {
    Run run = Run.of("inspect", MODEL);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .containsPattern("(?m)^Stage C +33,128 +F32 +132.5 kB +\\S+prior.prior$")
        .containsPattern("(?m)^image encoder ")
        .containsPattern("(?m)^all +3,080,712 ")
        .contains("It can generate.")
        .doesNotContain("Missing", "Broken");
  }

  @Test
  void tellsWhatIsMissing() {
    Run run = Run.of("inspect", MODEL.resolve("prior"));
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .containsPattern("Missing: .* has no Stage B")
        .containsPattern("Missing: .* has no image encoder")
        .doesNotContain("It can generate.");
  }

  @Test
  void tellsWhatIsBroken() throws IOException {
    Path part = Files.createDirectory(folder.resolve("prior"));
    Files.copy(WEIGHTS, part.resolve("diffusion_pytorch_model.safetensors"));
    String config = Files.readString(MODEL.resolve("prior/prior/config.json"));
    Files.writeString(part.resolve("config.json"), config.replace("\"depth\": 2", "\"depth\": 3"));
    Run run = Run.of("inspect", part);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).contains("Broken: ", "blocks.6.");
  }

  @Test
  void looksIntoSingleFiles() {
    Run run = Run.of("inspect", WEIGHTS, "--tensors");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains(WEIGHTS + ": Stage C")
        .contains("33,128 numbers, F32, 132.5 kB")
        .contains("format: pt")
        .contains("cond_mapper.0.weight  F32 [32, 32]");
    Path tower = MODEL.resolve("prior/text_encoder/model.safetensors");
    assertThat(Run.of("inspect", tower).out()).contains(": text tower");
  }

  @Test
  void refusesOtherFiles() throws IOException {
    Path file = Files.writeString(folder.resolve("notes.safetensors"), "no weights");
    Run run = Run.of("inspect", file);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains(file.toString());
    assertThat(Run.of("inspect", folder).err()).contains("holds no Würstchen");
  }
}
