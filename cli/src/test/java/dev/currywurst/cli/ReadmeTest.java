package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.currywurst.Project;
import dev.currywurst.hub.DownloadListener;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.GenerationResult;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.ModelLocator;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What README.md and the pages in docs/ show works as it stands there. */
class ReadmeTest {
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^(?:MAVEN_ARGS=\\S+ )?\\./currywurst (.*)$");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  @TempDir Path folder;
  private String readme = "";
  private String training = "";
  private String all = "";

  @BeforeEach
  void read() throws IOException {
    readme = Files.readString(Project.root().resolve("README.md"));
    training = Files.readString(Project.root().resolve("docs/training.md"));
    StringBuilder pages = new StringBuilder(readme);
    try (Stream<Path> docs = Files.list(Project.root().resolve("docs"))) {
      for (Path page : docs.filter(file -> file.toString().endsWith(".md")).sorted().toList()) {
        pages.append('\n').append(Files.readString(page));
      }
    }
    all = pages.toString();
  }

  private static List<String[]> commands(String page) {
    return COMMAND.matcher(page).results().map(match -> words(match.group(1))).toList();
  }

  private static String[] words(String line) {
    return WORD.matcher(line).results().map(ReadmeTest::word).toArray(String[]::new);
  }

  private static String word(MatchResult match) {
    return match.group(1) == null ? match.group(2) : match.group(1);
  }

  @Test
  void showsCommandsThatExist() {
    assertThat(commands(readme)).hasSizeGreaterThan(10);
    for (String[] words : commands(all)) {
      assertThatCode(() -> Main.commandLine().parseArgs(words))
          .as(String.join(" ", words))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void showsHowToUseTheLibrary() {
    String shown = block(readme, "java");
    Path file = folder.resolve("fox.png");
    List<String> steps = new ArrayList<>();

    // What follows stands in README.md, but for the size, the file, and what hears the steps.
    ModelLocator locator = ModelLocator.standard(DownloadListener.silent());
    ModelFolder model = locator.find(Fixtures.wuerstchen().toString());
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(model)) {
      GenerationRequest request =
          GenerationRequest.of("a red fox in the snow").withSeed(7).withSize(128, 128);
      GenerationResult result =
          pipeline.generate(request, step -> steps.add(step + ", left " + step.remaining()));
      Png.write(result.image(), file);
    }

    assertThat(ImageDecoder.DEFAULT.read(file, Rgb.WHITE).width()).isEqualTo(128);
    assertThat(steps).hasSize(29 + 12 + 1);
    for (String line :
        List.of(
            "ModelLocator locator = ModelLocator.standard(DownloadListener.silent());",
            "ModelFolder model = locator.find(",
            "try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(model)) {",
            "GenerationRequest.of(\"a red fox in the snow\").withSeed(7).withSize(",
            "pipeline.generate(request, step -> ",
            "(step + \", left \" + step.remaining()));",
            "Png.write(result.image(), ")) {
      assertThat(shown).contains(line);
    }
    assertThat(shown.lines().count()).isLessThanOrEqualTo(10);
  }

  /**
   * Three runs of one step each, with the configuration and the options that docs/training.md
   * shows.
   */
  @Test
  void showsHowToTrainAModel() throws IOException {
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    for (int i = 0; i < 24; i++) {
      Png.write(Image.filled(60, 50, new Rgb(10 * i, 90, 0)), pictures.resolve(i + ".png"));
      Files.writeString(pictures.resolve(i + ".txt"), "a red square, number " + i);
    }
    Files.writeString(folder.resolve("small.json"), block(training, "json"));
    List<String[]> shown =
        commands(training).stream()
            .filter(words -> words[0].equals("train") && List.of(words).contains("--steps"))
            .toList();
    assertThat(shown).hasSize(3);
    for (String[] words : shown) {
      boolean smallEnough = List.of(words).contains("--batch-size");
      String small = smallEnough ? "--dtype float32" : "--batch-size 2 --dtype float32";
      Run run = Run.of(List.of(inFolder(words)), small);
      assertThat(run.err()).contains("1/1");
      assertThat(run.exitCode()).as(run.err()).isZero();
    }

    Path model = folder.resolve("run-c/model");
    assertThat(Run.of("inspect", model).out()).contains("It can generate.");
    Path file = folder.resolve("square.png");
    Run run = Run.of("generate", "a red square", "--model", model, "--steps 2 -o", file);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(ImageDecoder.DEFAULT.read(file, Rgb.WHITE).width()).isEqualTo(128);
  }

  /** The command's files and folders inside the test's, and one step in place of many. */
  private Object[] inFolder(String... words) {
    Object[] moved = Arrays.copyOf(words, words.length, Object[].class);
    for (int i = 1; i < moved.length; i++) {
      switch (words[i - 1]) {
        case "--data", "--output", "--config", "--model" -> moved[i] = folder.resolve(words[i]);
        case "--steps" -> moved[i] = 1;
        case "--batch-size" -> moved[i] = 2;
        default -> {
          // As it is shown.
        }
      }
    }
    return moved;
  }

  private static String block(String page, String language) {
    int begin = page.indexOf("```" + language) + 4 + language.length();
    return page.substring(begin, page.indexOf("```", begin));
  }
}
