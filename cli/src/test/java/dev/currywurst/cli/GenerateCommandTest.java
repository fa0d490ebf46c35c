package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.GenerationParameters;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.StageCLatents;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prompts in, files out. */
class GenerateCommandTest {
  private static final Path MODEL = Fixtures.wuerstchen();

  @TempDir Path folder;

  /** The words of a small picture's command. */
  private static List<Object> generate(String... prompts) {
    return Stream.<Object>concat(
            Stream.concat(Stream.of("generate"), Stream.of(prompts)),
            Stream.of("--model", MODEL, "--width 128 --height 128 --steps 2 --decoder-steps 1"))
        .toList();
  }

  @Test
  void writesOnePictureWithItsSettings() {
    Path file = folder.resolve("fox.png");
    Run run =
        Run.of(
            generate("a red fox, 雪の中 🦊"),
            "--negative-prompt",
            "fog\nand people",
            "--seed 7 --dtype float32 -o",
            file);

    assertThat(run.err())
        .contains("1 picture of 128x128")
        .endsWith("seed 7" + System.lineSeparator());
    assertThat(run.exitCode()).isZero();
    assertThat(run.files()).containsExactly(file);
    GenerationParameters parameters =
        GenerationParameters.parse(Png.text(file).get(GenerationParameters.KEYWORD));
    assertThat(parameters.prompt()).isEqualTo("a red fox, 雪の中 🦊");
    assertThat(parameters.negativePrompt()).isEqualTo("fog\nand people");
    assertThat(parameters.settings())
        .containsEntry("Steps", "2")
        .containsEntry("CFG scale", "4")
        .containsEntry("Seed", "7")
        .containsEntry("Size", "128x128")
        .containsEntry("Model", "wuerstchen")
        .containsEntry("Timesteps", "even")
        .containsEntry("Decoder steps", "1")
        .containsEntry("Precision", "float32")
        .containsKey("Version");
  }

  @Test
  void paintsEachPictureOfACallAsIfItWereAlone() {
    Run all =
        Run.of(generate("a fox", "a dog"), "--images-per-prompt 2 --seed 10 --output-dir", folder);
    assertThat(all.files())
        .extracting(Path::getFileName)
        .extracting(Path::toString)
        .containsExactly("10-a-fox.png", "11-a-fox.png", "12-a-dog.png", "13-a-dog.png");

    Path alone = folder.resolve("alone.png");
    assertThat(Run.of(generate("a dog"), "--seed 12 -o", alone).exitCode()).isZero();
    assertThat(ImageDecoder.DEFAULT.read(alone, Rgb.WHITE))
        .isEqualTo(ImageDecoder.DEFAULT.read(all.files().get(2), Rgb.WHITE));
  }

  @Test
  void drawsAnotherSeedEachTime() {
    Run run = Run.of(generate("a fox"), "--output-dir", folder);
    Run again = Run.of(generate("a fox"), "--output-dir", folder);
    assertThat(run.files()).doesNotContainAnyElementsOf(again.files());
  }

  @Test
  void keepsWhatIsThereUnlessForced() throws IOException {
    Path file = Files.writeString(folder.resolve("fox.png"), "mine");
    Run refused = Run.of(generate("a fox"), "-o", file);
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err().strip())
        .isEqualTo(file + " is there already; choose another name, or add --force to replace it.");
    assertThat(file).hasContent("mine");

    assertThat(Run.of(generate("a fox"), "-o", file, "--force").exitCode()).isZero();
    assertThat(ImageDecoder.DEFAULT.read(file, Rgb.WHITE).width()).isEqualTo(128);
  }

  @Test
  void numbersPicturesThatWouldHaveOneName() {
    Run.of(generate("a fox"), "--seed 3 --output-dir", folder);
    Run again = Run.of(generate("a fox"), "--seed 3 --output-dir", folder);
    assertThat(again.files()).containsExactly(folder.resolve("3-a-fox-2.png"));
  }

  @Test
  void writesSheetPreviewAndLatents() {
    Path sheet = folder.resolve("sheet.png");
    Path file = folder.resolve("fox.png");
    Run run =
        Run.of(generate("a fox"), "-o", file, "--sheet", sheet, "--preview", "--save-latents");
    assertThat(run.files()).containsExactly(file, folder.resolve("fox.latents.safetensors"), sheet);
    assertThat(ImageDecoder.DEFAULT.read(sheet, Rgb.WHITE).width()).isGreaterThan(128);
    StageCLatents latents = StageCLatents.load(folder.resolve("fox.latents.safetensors"));
    assertThat(ImageDecoder.DEFAULT.read(folder.resolve("fox.preview.png"), Rgb.WHITE).width())
        .isEqualTo(16 * latents.grid().width());
  }

  /** When the first name is printed, something gets in the way of the second file. */
  @Test
  void failureLosesNoPictureThatIsFinished() {
    Path obstacle = folder.resolve("4-a-fox.png");
    StringWriter out =
        new StringWriter() {
          @Override
          public void write(String text, int offset, int length) {
            super.write(text, offset, length);
            assertThat(obstacle.resolve("full").toFile().mkdirs() || Files.exists(obstacle))
                .isTrue();
          }
        };
    StringWriter err = new StringWriter();
    String[] words =
        Run.words(
            Stream.concat(
                    generate("a fox").stream(),
                    Stream.of("--images-per-prompt 3 --seed 3 --quiet --output-dir", folder))
                .toArray());
    int exitCode = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), words);

    assertThat(exitCode).isEqualTo(1);
    assertThat(out.toString().lines()).containsExactly(folder.resolve("3-a-fox.png").toString());
    assertThat(err.toString().lines()).hasSize(2);
    assertThat(err.toString())
        .startsWith("1 of 3 pictures are finished and written.")
        .contains("Cannot write " + obstacle);
    assertThat(ImageDecoder.DEFAULT.read(folder.resolve("3-a-fox.png"), Rgb.WHITE).width())
        .isEqualTo(128);
  }

  @Test
  void leavesPromptsOutOfFilesWhenAsked() {
    Path file = folder.resolve("fox.png");
    Run.of(generate("a secret fox"), "-o", file, "--no-metadata");
    assertThat(Png.text(file)).isEmpty();
  }

  @Test
  void takesAnyTimestepsAndAnySize() {
    Path file = folder.resolve("fox.png");
    Run run =
        Run.of(
            "generate",
            "a fox",
            "--prior",
            MODEL.resolve("prior"),
            "--decoder",
            MODEL.resolve("decoder"),
            "--width 100 --height 70 --timesteps 1.0,0.4,0 --decoder-steps 1 --quiet -o",
            file);
    assertThat(run.exitCode()).isZero();
    String text = Png.text(file).get(GenerationParameters.KEYWORD);
    assertThat(GenerationParameters.parse(text).settings())
        .containsEntry("Timesteps", "1.0, 0.4, 0.0")
        .containsEntry("Size", "100x70")
        .containsEntry("Model", "prior + decoder");
  }

  @Test
  void asksForQuotesAroundPromptsOfSeveralWords() {
    Run run = Run.of(generate("a", "red", "fox"), "--output-dir", folder);
    assertThat(run.err()).contains("These are 3 prompts of one word");
  }

  @Test
  void endsWithTwoForAWrongCommandLine() {
    assertThat(Run.of("generate").exitCode()).isEqualTo(2);
    Run unknown = Run.of(generate("a fox"), "--stepz", 3);
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.err()).contains("Unknown option", "--steps", "generate --help");
    assertThat(Run.of(generate("a fox"), "--timesteps", "1,0").err())
        .contains("mutually exclusive");
    Run many = Run.of(generate("a fox"), "--seed", "many");
    assertThat(many.exitCode()).isEqualTo(2);
    assertThat(many.err()).contains("'many' is not a whole number");
    Run twice = Run.of(generate("a fox"), "--steps", 3);
    assertThat(twice.exitCode()).isEqualTo(2);
    assertThat(twice.err()).startsWith("--steps is given twice; give it once.");
    Run repeated = Run.of(generate("a fox"), "--lora a --lora b --seed many");
    assertThat(repeated.err()).contains("'many' is not a whole number").doesNotContain("twice");
    assertThat(Run.of(generate("a fox"), "--seed=1 --steps=3").err())
        .startsWith("--steps is given twice; give it once.");
    assertThat(Run.of(generate("a fox"), "--dtype", "int8").exitCode()).isEqualTo(2);
    assertThat(Run.of("generate", "a fox", "--prior", MODEL).err()).contains("--decoder");
    Run several = Run.of(generate("a fox", "a dog"), "-o", folder.resolve("a.png"));
    assertThat(several.exitCode()).isEqualTo(2);
    assertThat(several.err()).contains("-o names one file, and this paints 2 pictures");
  }

  @Test
  void refusesTwoPicturesInOneFile() {
    Path file = folder.resolve("fox.png");
    for (Object[] more :
        new Object[][] {
          {"-o", file, "--sheet", folder.resolve("./fox.png")},
          {"-o", file, "--preview", "--sheet", folder.resolve("fox.preview.png")}
        }) {
      Run run = Run.of(generate("a fox"), more);
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains("would be written twice");
      assertThat(folder).isEmptyDirectory();
    }
  }
}
