package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Coloured squares in, a very small Stage A out. */
class TrainCommandTest {
  private static final int PICTURES = 16;
  private static final int SIDE = 16;

  @TempDir Path folder;
  private Path data = Path.of("");
  private Path config = Path.of("");

  @BeforeEach
  void paintSquares() throws IOException {
    data = Files.createDirectory(folder.resolve("data"));
    for (int i = 0; i < PICTURES; i++) {
      Image square = Image.filled(8, 8, new Rgb(16 * i, 255 - 16 * i, 8 * i));
      Image picture = square.placedOn(SIDE, SIDE, i % 8, 4, Rgb.WHITE);
      Png.write(picture, data.resolve(i + ".png"));
      Files.writeString(data.resolve(i + ".txt"), "square " + i);
    }
    config = folder.resolve("config.json");
    Files.writeString(
        config,
        """
        {
          "vqgan": {"bottleneck_blocks": 1, "embed_dim": 8, "num_vq_embeddings": 16},
          "training": {"checkpointing_steps": 4}
        }
        """);
  }

  private List<Object> train(Path output, long steps) {
    return List.of(
        "train",
        "stage-a",
        "--data",
        data,
        "--output",
        output,
        "--config",
        config,
        "--resolution 16 --batch-size 4 --learning-rate 1e-3 --seed 3 --dtype float32 --steps",
        steps);
  }

  @Test
  void writesAModelCheckpointsAndAnEvaluation() {
    Path output = folder.resolve("run");
    Run run = Run.of(train(output, 6));
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.files()).containsExactly(output.resolve("model"));
    assertThat(run.err())
        .contains("stage-a  1/6", "stage-a  6/6", "loss ", "Held out, step 6: psnr ")
        .contains("Saved " + output.resolve("checkpoints").resolve("step-00000004"));
    Path vqgan = output.resolve("model/decoder/vqgan");
    assertThat(Run.of("inspect", vqgan).out()).containsPattern("(?m)^Stage A +[1-9]");
    assertThat(output.resolve("evaluation/step-00000006")).isNotEmptyDirectory();
  }

  @Test
  void goesOnWhereItEnded() {
    Path broken = folder.resolve("broken");
    assertThat(Run.of(train(broken, 4)).exitCode()).isZero();
    Run rest = Run.of(train(broken, 8));
    assertThat(rest.err()).contains("Going on from step 4.").doesNotContain("stage-a  4/8");
    Path whole = folder.resolve("whole");
    assertThat(Run.of(train(whole, 8), "--quiet").exitCode()).isZero();
    assertThat(broken.resolve("checkpoints/step-00000008/state.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("checkpoints/step-00000008/state.safetensors"));
  }

  /** A polite kill, sent by the progress itself once it tells of the first step. */
  @Test
  @DisabledOnOs(OS.WINDOWS)
  void endsAfterTheStepWithACheckpointWhenAskedTo() throws IOException {
    Path output = folder.resolve("run");
    StringWriter err = new StringWriter();
    PrintWriter killing =
        new PrintWriter(err, true) {
          @Override
          public void println(String line) {
            super.println(line);
            if (line.startsWith("stage-a  1/")) {
              kill();
            }
          }
        };
    String[] words = Run.words(train(output, 1_000_000).toArray());
    assertThat(Main.run(new PrintWriter(new StringWriter()), killing, words)).isEqualTo(130);

    assertThat(err.toString())
        .contains("Ending after this step (SIGTERM)")
        .containsPattern("Interrupted after step \\d+ of 1000000; the same command goes on");
    try (Stream<Path> checkpoints = Files.list(output.resolve("checkpoints"))) {
      assertThat(checkpoints).isNotEmpty();
    }
    assertThat(output.resolve("model")).doesNotExist();
  }

  private static void kill() {
    try {
      new ProcessBuilder("kill", "-TERM", Long.toString(ProcessHandle.current().pid())).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void tellsWhatIsWrong() throws IOException {
    Path output = folder.resolve("run");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path other = Files.writeString(folder.resolve("other.json"), "{\"training\": {\"lr\": 1}}");
    expectSentence(train(output, 0), "There are 0 steps of 4 pictures");
    expectSentence(
        List.of("train", "stage-a", "--data", folder.resolve("no"), "--output", output),
        "does not exist; give a folder of pictures, Parquet files or tars.");
    expectSentence(
        List.of(
            "train",
            "stage-a",
            "--data",
            data,
            "--output",
            output,
            "--config",
            folder.resolve("no")),
        "There is no file " + folder.resolve("no") + "; give a configuration");
    expectSentence(
        List.of("train", "stage-a", "--data", empty, "--output", output), empty.toString());
    expectSentence(
        List.of("train", "stage-a", "--data", data, "--output", output, "--config", other), "lr");
    expectSentence(List.of("train", "stage-b", "--data", data, "--output", output), "--model");
    expectSentence(
        List.of("train", "stage-a", "--data", data, "--output", output, "--resolution", 0),
        "The resolution is 0 pixels");
    expectSentence(
        List.of("train", "stage-a", "--data", data, "--output", output, "--learning-rate", "-1"),
        "The learning rate is -1.0");
    expectSentence(List.of("train", "stage-a", "--data", data, "--output", config), "is a file");
  }

  private static void expectSentence(List<?> arguments, String part) {
    Run run = Run.of(arguments);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains(part);
    assertThat(run.err().strip().lines()).as(run.err()).hasSize(1);
  }

  @Test
  void knowsThreeStages() {
    Run run = Run.of("train", "stage-d", "--data", data, "--output", folder);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("stage-a, stage-b, stage-c");
    assertThat(Run.of("train", "stage-a").exitCode()).isEqualTo(2);
  }
}
