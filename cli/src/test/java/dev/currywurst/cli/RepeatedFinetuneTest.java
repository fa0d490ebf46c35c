package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A run from its own output: the same weights, or a sentence that says what has changed. */
class RepeatedFinetuneTest {
  private static final String STATE = "checkpoints/step-00000003/state.safetensors";

  @TempDir Path folder;

  /** Tests run in the module's folder, which has a src; pocket is a model and no folder. */
  @Test
  void keepsWhatDecidesWithPlacesThatDoNotDependOnTheFolder() {
    CommandLine finetune = new CommandLine(new FinetuneCommand());
    finetune.parseArgs(
        "--model",
        "pocket",
        "--data",
        "src",
        "--output",
        "x",
        "--resume",
        "--seed",
        "3",
        "--config=pom.xml",
        "--quiet",
        "--class-prompt",
        "src");
    assertThat(RepeatedCommand.kept(finetune.getCommandSpec()))
        .containsExactly(
            "--model",
            "pocket",
            "--data",
            Path.of("src").toAbsolutePath().toString(),
            "--seed",
            "3",
            "--config=" + Path.of("pom.xml").toAbsolutePath(),
            "--class-prompt",
            "src");
  }

  @Test
  void repeatsARunOrSaysWhatHasChanged() throws IOException {
    Path data = Files.createDirectory(folder.resolve("data"));
    for (int i = 0; i < 12; i++) {
      Png.write(Image.filled(8, 8, new Rgb(20 * i, 255 - 20 * i, 8 * i)), data.resolve(i + ".png"));
      Files.writeString(data.resolve(i + ".txt"), "square " + i);
    }
    Path first = folder.resolve("first");
    Run run =
        Run.of(
            List.of(
                "finetune",
                "--model",
                Fixtures.wuerstchen(),
                "--data",
                data,
                "--output_dir",
                first,
                "--resolution 128 --mixed-precision no --train attention --seed 5",
                "--validation-pictures 0 --held-out 0.3 --steps 3 --batch-size 2"));
    assertThat(run.exitCode()).as(run.err()).isZero();

    Path second = folder.resolve("second");
    Run again = Run.of("finetune", "--repeat", first, "--output", second);
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(second.resolve(STATE)).hasSameBinaryContentAs(first.resolve(STATE));
    assertThat(second.resolve("log.jsonl")).hasSameBinaryContentAs(first.resolve("log.jsonl"));

    Run third = Run.of("finetune", "--repeat", first, "--seed 6");
    assertThat(third.exitCode()).isEqualTo(2);
    assertThat(third.err()).contains("--repeat takes all settings from the run");

    Run nothing = Run.of("finetune", "--repeat", data);
    assertThat(nothing.exitCode()).isEqualTo(2);
    assertThat(nothing.err()).startsWith(data + " does not say what made it");

    Files.writeString(data.resolve("3.txt"), "circle 3");
    Run changed = Run.of("finetune", "--repeat", second, "--output", folder.resolve("fourth"));
    assertThat(changed.exitCode()).isEqualTo(1);
    assertThat(changed.err())
        .contains(second + " cannot be repeated, since something has changed: ")
        .contains("data.pictures_and_captions");
    assertThat(folder.resolve("fourth/run.json")).doesNotExist();
  }
}
