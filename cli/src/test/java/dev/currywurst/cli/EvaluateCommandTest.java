package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Rgb;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Very small models that never learned anything, judged by a CLIP that did not either. */
class EvaluateCommandTest {
  @TempDir Path folder;

  private List<Object> evaluate(Path output) {
    return List.of(
        "evaluate",
        "--clip",
        Fixtures.path("clip").resolve("model"),
        "--output",
        output,
        "--steps 1 --decoder-steps 1 --width 128 --height 128 --dtype float32 --count 3");
  }

  @Test
  void laysModelsBesideRealPictures() throws IOException {
    Path output = folder.resolve("evaluated");
    Path data = folder.resolve("data");
    Run.of("draw", "held-back", "--output", data, "--count 12 --size 64");
    Run run =
        Run.of(
            evaluate(output),
            "--data",
            data,
            "--model",
            "live=" + Fixtures.wuerstchen(),
            "--model",
            "ema=" + Fixtures.wuerstchen());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("real", "live", "ema", "main colour right", "object right", "CLIP score")
        .contains("Fréchet, CLIP", "3 captions, seeds 0 to 2", "from 9 real pictures");
    JsonNode json =
        new ObjectMapper().readTree(Files.readAllBytes(output.resolve("evaluation.json")));
    assertThat(json.at("/results/live/main_colour/captions").intValue()).isEqualTo(3);
    assertThat(json.at("/results/ema/pictures")).hasSize(3);
    assertThat(json.at("/results/ema")).isEqualTo(json.at("/results/live"));
    assertThat(json.at("/compared_with").intValue()).isEqualTo(9);
    assertThat(ImageDecoder.DEFAULT.read(output.resolve("evaluation.png"), Rgb.WHITE).width())
        .isGreaterThan(3 * 128);
  }

  @Test
  void captionsAloneAreEnough() throws IOException {
    Path lines = folder.resolve("held-out.jsonl");
    Files.writeString(lines, "{\"text\": \"a red house\"}\n{\"text\": \"a blue tree\"}\n");
    Run run =
        Run.of(
            evaluate(folder.resolve("lines")), "--data", lines, "--model", Fixtures.wuerstchen());
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("main colour right").doesNotContain("Fréchet, ");
  }

  /** A model of two folders is found again, and live weights are not called an average. */
  @Test
  void laysARunBesideWhatItBeganWith() throws IOException {
    Path data = folder.resolve("data");
    Run.of("draw", "held-back", "--output", data, "--count 12 --size 64");
    Path tuned = folder.resolve("tuned");
    Run training =
        Run.of(
            "finetune",
            "--model",
            Fixtures.wuerstchen().resolve("prior"),
            "--decoder",
            Fixtures.wuerstchen(),
            "--data",
            data,
            "--output",
            tuned,
            "--resolution 128 --steps 1 --batch-size 2 --held-out 0.4 --validation-pictures 0",
            "--save live --quiet");
    assertThat(training.exitCode()).as(training.err()).isZero();
    Path output = folder.resolve("judged");
    Run run = Run.of(evaluate(output), "--run", tuned);
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json =
        new ObjectMapper().readTree(Files.readAllBytes(output.resolve("evaluation.json")));
    List<String> columns = new ArrayList<>();
    json.path("results").fieldNames().forEachRemaining(columns::add);
    assertThat(columns).containsExactly("real", "before", "live");
  }

  @Test
  void twoColumnsOfOneNameAreRefused() {
    Run run =
        Run.of(
            evaluate(folder.resolve("twice")),
            "--model",
            Fixtures.wuerstchen(),
            "--model",
            Fixtures.wuerstchen());
    assertThat(run.exitCode()).isNotZero();
    assertThat(run.err()).contains("Two columns would be called wuerstchen");
  }
}
