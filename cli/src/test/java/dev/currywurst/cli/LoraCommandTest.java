package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.lora.LoraDialect;
import dev.currywurst.lora.LoraFile;
import dev.currywurst.lora.LoraPart;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.DType;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands for LoRA files and blends, on the small model. */
class LoraCommandTest {
  private static final Path LORA = Fixtures.path("lora/pytorch_lora_weights.safetensors");

  @TempDir private Path folder = Path.of("");

  @Test
  void describesAFile() {
    Run run = Run.of("lora", "info", Fixtures.path("lora/peft"), "--layers");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("in the dialect of peft")
        .contains("Stage C: 18 layers", "rank 2 to 5, alpha 1 to 6")
        .contains("prior.blocks.2.attention.to_q  rank 5, alpha 6, 32 to 32");
  }

  @Test
  void convertsBetweenDialects() {
    Path kohya = folder.resolve("kohya.safetensors");
    Run run = Run.of("lora", "convert", LORA, "--to kohya --output", kohya);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(LoraFile.open(kohya).dialect()).isEqualTo(LoraDialect.KOHYA);
    Run again = Run.of("lora", "convert", LORA, "--to kohya --output", kohya);
    assertThat(again.err()).contains("is there already");
    assertThat(Run.of("lora", "convert", LORA, "--to peft --output", folder.resolve("p")).err())
        .contains("is for one network");
  }

  /** Merged, taken apart and merged again: the same layers, and a blend half way. */
  @Test
  void mergesExtractsAndBlends() {
    Path tuned = folder.resolve("tuned");
    Run merge = Run.of("lora", "merge", Fixtures.wuerstchen(), LORA + ":0.5", "--output", tuned);
    assertThat(merge.exitCode()).as(merge.err()).isZero();
    assertThat(Run.of("inspect", tuned).out()).contains("It can generate.");

    Path extracted = folder.resolve("extracted.safetensors");
    Run extract =
        Run.of("lora", "extract", Fixtures.wuerstchen(), tuned, "--rank 3 --output", extracted);
    assertThat(extract.exitCode()).as(extract.err()).isZero();
    assertThat(extract.err()).contains("Stage C: 8 layers; the LoRA holds 100.0 %");
    LoraFile lora = LoraFile.open(extracted);
    assertThat(lora.layers().keySet()).isEqualTo(LoraFile.open(LORA).layers().keySet());
    assertThat(lora.changes(LoraPart.TEXT_ENCODER)).isTrue();

    Path half = folder.resolve("half");
    Path sheet = folder.resolve("sheet.png");
    Run blend =
        Run.of(
            "blend",
            Fixtures.wuerstchen(),
            tuned,
            "--alpha 0.25 --rule attention=0.5 --output",
            half,
            "--sweep 0,1 --steps 2 --decoder-steps 1 --width 128 --height 128 --prompt",
            "a red fox",
            "--sheet",
            sheet);
    assertThat(blend.exitCode()).as(blend.err()).isZero();
    assertThat(blend.out()).contains("prior:attention", "B - A", half.toString());
    assertThat(half.resolve("blend.json")).content().contains("attention=0.5", "\"first\"");
    assertThat(sheet).isNotEmptyFile();
    ModelFolder made = ModelFolder.open(half);
    assertThat(made.require(Component.PRIOR).weights(DType.FLOAT32).names())
        .contains("blocks.2.attention.to_q.weight");
  }

  /** Each strength of a sweep is checked, also where --alpha alone would change nothing. */
  @Test
  void refusesASweepOverTowersOfOtherWordsBeforeItWritesAnything() throws IOException {
    Path tuned = folder.resolve("tuned");
    Run merge = Run.of("lora", "merge", Fixtures.wuerstchen(), LORA, "--output", tuned);
    assertThat(merge.exitCode()).as(merge.err()).isZero();
    Path merges = tuned.resolve("prior/tokenizer/merges.txt");
    Files.writeString(merges, "x y\n", StandardOpenOption.APPEND);
    Path output = folder.resolve("blended");
    Path sheet = folder.resolve("sheet.png");
    Run blend =
        Run.of(
            "blend",
            Fixtures.wuerstchen(),
            tuned,
            "--alpha 0 --output",
            output,
            "--sweep 0,0.5 --steps 2 --decoder-steps 1 --width 128 --height 128 --prompt fox",
            "--sheet",
            sheet);
    assertThat(blend.exitCode()).isEqualTo(1);
    assertThat(blend.err()).contains("their towers read other words");
    assertThat(blend.err().strip().lines()).hasSize(1);
    assertThat(output.resolve("prior")).doesNotExist();
    assertThat(sheet).doesNotExist();
  }

  @Test
  void leavesNothingWhereModelsDoNotFit() {
    Path output = folder.resolve("none");
    Run run = Run.of("blend", Fixtures.wuerstchen(), folder.resolve("missing"), "--output", output);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().strip().lines()).hasSize(1);
    assertThat(Files.exists(output.resolve("prior"))).isFalse();
    assertThat(Run.of("blend", "a", "b").err()).contains("Give --output");
    assertThat(Run.of("blend", "a", "b", "--output", output, "--rule", "attention").err())
        .contains("PATTERN=ALPHA");
  }
}
