package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.GenerationParameters;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.testkit.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRAs on the command line of generate. */
class LoraOptionsTest {
  private static final Path LORA = Fixtures.path("lora/pytorch_lora_weights.safetensors");

  @TempDir private Path folder = Path.of("");

  private Run paint(String name, Object... more) {
    Object[] words = new Object[6 + more.length];
    words[0] = "generate";
    words[1] = "a fox";
    words[2] = "--model";
    words[3] = Fixtures.wuerstchen();
    words[4] = "--width 128 --height 128 --steps 2 --decoder-steps 1 --seed 3 -o";
    words[5] = folder.resolve(name);
    System.arraycopy(more, 0, words, 6, more.length);
    return Run.of(words);
  }

  private Image picture(String name) {
    return ImageDecoder.DEFAULT.read(folder.resolve(name), Rgb.WHITE);
  }

  @Test
  void changePicturesAndAreRecorded() {
    assertThat(paint("plain.png").exitCode()).isZero();
    Run run = paint("styled.png", "--lora", LORA, "--lora", Fixtures.path("lora/peft") + ":-0.5");
    assertThat(run.err()).contains("1 picture");
    assertThat(run.exitCode()).isZero();
    assertThat(picture("styled.png")).isNotEqualTo(picture("plain.png"));
    GenerationParameters parameters =
        GenerationParameters.parse(
            Png.text(folder.resolve("styled.png")).get(GenerationParameters.KEYWORD));
    assertThat(parameters.setting("Lora")).contains("pytorch_lora_weights:1, peft:-0.5");
  }

  @Test
  void changeNothingAtScaleZero() {
    paint("plain.png");
    paint("zero.png", "--lora", LORA + ":0");
    assertThat(picture("zero.png")).isEqualTo(picture("plain.png"));
  }

  @Test
  void areRefusedBeforeAnythingIsLoaded() {
    Run run = paint("none.png", "--lora", folder.resolve("missing.safetensors") + ":0.5");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("missing.safetensors").contains("no such file");
    assertThat(paint("none.png", "--lora", LORA + ":much").err())
        .contains("what follows its colon is no scale");
  }

  /** Windows knows no colon in names, as no system knows a NUL. */
  @Test
  void mayHaveAScaleWhereNoFileCanBeCalledSo() {
    assertThat(LoraOptions.parse(LORA + ":0.5\0").strength()).isEqualTo(0.5);
  }
}
