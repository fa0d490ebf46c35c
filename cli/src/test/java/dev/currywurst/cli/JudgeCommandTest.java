package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Boxes with captions, and a very small model that never learned what they say. */
class JudgeCommandTest {
  private static final Map<String, Rgb> COLOURS =
      Map.of(
          "red", new Rgb(220, 30, 30),
          "green", new Rgb(30, 180, 60),
          "blue", new Rgb(40, 60, 220));

  @TempDir Path folder;
  private Path data = Path.of("");
  private Path output = Path.of("");

  @BeforeEach
  void paintBoxes() throws IOException {
    data = Files.createDirectory(folder.resolve("data"));
    output = folder.resolve("judged");
    for (Map.Entry<String, Rgb> colour : COLOURS.entrySet()) {
      for (int i = 0; i < 2; i++) {
        String name = colour.getKey() + i;
        Image box = Image.filled(9, 6 + i, colour.getValue());
        Png.write(box.placedOn(20, 20, 5, 5, Rgb.WHITE), data.resolve(name + ".png"));
        Files.writeString(data.resolve(name + ".txt"), "a " + colour.getKey() + " box");
      }
    }
    // One that is not what its caption says.
    Files.writeString(data.resolve("blue0.txt"), "a red box");
  }

  /** The words of a command that paints small pictures with few steps. */
  private List<Object> judge() {
    return List.of(
        "judge",
        "--data",
        data,
        "--model",
        Fixtures.wuerstchen(),
        "--output",
        output,
        "--steps 1 --decoder-steps 1 --width 128 --height 128 --dtype float32");
  }

  @Test
  void tellsHowOftenPromptsAreObeyedAndShowsThePictures() throws IOException {
    Run run = Run.of(judge(), "--prompts 4");
    assertThat(run.exitCode()).as(run.err()).isZero();

    List<String> lines = run.out().lines().toList();
    assertThat(lines.get(0)).startsWith("colour  asked painted   real");
    // Two of the four prompts say red, of which two thirds of the real pictures are.
    assertThat(lines.get(1)).matches("all +4 +\\d+ % +83 %");
    assertThat(lines.get(2)).matches("red +2 +\\d+ % +67 %.*");
    assertThat(lines.get(3)).matches("green +1 +\\d+ % +100 %.*");
    assertThat(lines.get(4)).matches("blue +1 +\\d+ % +100 %.*");
    assertThat(lines.get(5)).startsWith("By chance, with pictures and prompts shuffled, it would");
    Path sheet = output.resolve("colours.png");
    Path figures = output.resolve("colours.json");
    assertThat(lines.subList(6, 8)).containsExactly(figures.toString(), sheet.toString());

    assertThat(ImageDecoder.DEFAULT.read(sheet, Rgb.WHITE).width()).isGreaterThan(4 * 128);
    JsonNode json = new ObjectMapper().readTree(figures.toFile());
    assertThat(json.at("/settings/model").asText()).isEqualTo("wuerstchen");
    assertThat(json.at("/settings/width").asInt()).isEqualTo(128);
    assertThat(json.at("/colours/red/real/red").asInt()).isEqualTo(2);
    assertThat(json.at("/agreement/real").asDouble()).isBetween(0.83, 0.84);
    assertThat(json.path("pictures")).hasSize(4);
    assertThat(json.at("/pictures/3/prompt").asText()).isEqualTo("a red box");
    assertThat(json.at("/pictures/3/seed").asLong()).isEqualTo(3);
    assertThat(json.at("/pictures/3/asked").asText()).isEqualTo("red");
  }

  @Test
  void repeatsItself() throws IOException {
    Run.of(judge(), "--prompts 2");
    byte[] first = Files.readAllBytes(output.resolve("colours.json"));
    Run refused = Run.of(judge());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("colours.png is there already;", "add --force");

    assertThat(Run.of(judge(), "--prompts 2 --force").exitCode()).isZero();
    assertThat(output.resolve("colours.json")).hasBinaryContent(first);

    byte[] sheet = Files.readAllBytes(output.resolve("colours.png"));
    assertThat(Run.of(judge(), "--prompts 2 --decoder-guidance 3 --force").exitCode()).isZero();
    assertThat(Files.readAllBytes(output.resolve("colours.png"))).isNotEqualTo(sheet);
  }

  @Test
  void saysWhatIsWrongBeforeItPaints() throws IOException {
    assertThat(Run.of(judge(), "--prompts 0").err()).contains("There are 0 prompts; give 1 to");
    assertThat(Run.of(judge(), "--guidance -1").err()).contains("The guidance is -1.0");
    assertThat(Run.of("judge", "--data", data).exitCode()).isEqualTo(2);
    for (Path caption : captions()) {
      Files.writeString(caption, "a box");
    }
    Run run = Run.of(judge());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).startsWith("None of the 6 captions names a colour");
    assertThat(output).doesNotExist();
  }

  private List<Path> captions() throws IOException {
    try (var files = Files.list(data)) {
      return files.filter(file -> file.toString().endsWith(".txt")).toList();
    }
  }
}
