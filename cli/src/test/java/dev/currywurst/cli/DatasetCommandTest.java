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
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dataset commands, as a user sees them. */
class DatasetCommandTest {
  @TempDir Path temporary;
  private Path folder = Path.of("");

  @BeforeEach
  void draw() throws IOException {
    folder = Files.createDirectory(temporary.resolve("pictures"));
    Rgb[] colours = {new Rgb(200, 40, 40), new Rgb(40, 40, 200), new Rgb(40, 200, 40)};
    for (int i = 0; i < colours.length; i++) {
      // A bar, and a taller one: two colours of one thing, and another thing.
      Image thing = Image.filled(80, i < 2 ? 20 : 60, colours[i]);
      Png.write(thing.placedOn(100, 100, 10, 20, Rgb.WHITE), folder.resolve(i + ".png"));
      Files.writeString(folder.resolve(i + ".txt"), "thing number " + i);
    }
  }

  @Test
  void checks() throws IOException {
    Run good = Run.of("dataset", "check", folder);
    assertThat(good.exitCode()).isZero();
    assertThat(good.out()).isEqualToIgnoringNewLines("3 pictures, nothing to mend.");
    Files.delete(folder.resolve("1.txt"));
    Run bad = Run.of("dataset", "check", folder, "--json");
    assertThat(bad.exitCode()).isEqualTo(1);
    assertThat(bad.out()).contains("\"caption_missing\" : 1", "\"where\" : \"1.png\"");
  }

  @Test
  void callsWarningsErrorsIfAsked() {
    assertThat(Run.of("dataset", "check", folder, "--smallest-side", "128").exitCode()).isZero();
    Run strict = Run.of("dataset", "check", folder, "--smallest-side", "128", "--strict");
    assertThat(strict.exitCode()).isEqualTo(1);
    assertThat(strict.out()).contains("3 pictures, 0 errors, 3 warnings.");
  }

  @Test
  void counts() {
    Path sheet = temporary.resolve("sheet.png");
    Run run = Run.of("dataset", "stats", folder, "--sheet", sheet);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("100x100 3", "thing 3", "nearly the same 2 pictures in 1 clusters");
    assertThat(sheet).isNotEmptyFile();
  }

  @Test
  void thinsOut() throws IOException {
    Path output = temporary.resolve("once");
    Run run = Run.of("dataset", "dedupe", folder, "--output", output);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("0.png, 1.png");
    assertThat(Files.readAllLines(output.resolve("metadata.jsonl"))).hasSize(2);
    assertThat(temporary.resolve("once-clusters.json")).isNotEmptyFile();
    assertThat(temporary.resolve("once-clusters.png")).isNotEmptyFile();
    assertThat(folder.resolve("1.png")).exists();
    Run again = Run.of("dataset", "dedupe", folder, "--output", output);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("is there already");
  }

  @Test
  void captionsWithBlip() throws IOException {
    Files.delete(folder.resolve("1.txt"));
    Run run =
        Run.of("dataset", "caption", folder, "--model", Fixtures.path("blip"), "--prompt", "a cat");
    assertThat(run.err()).doesNotContain("No caption");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("1 of 1 pictures without a caption have one now.");
    assertThat(folder.resolve("1.txt")).exists();
    assertThat(folder.resolve("0.txt")).hasContent("thing number 0");
    Run again = Run.of("dataset", "caption", folder, "--model", temporary.resolve("none"));
    assertThat(again.exitCode()).isZero();
    assertThat(again.out()).contains("0 of 0");
  }

  @Test
  void tellsWhichCaptionerIsMissing() throws IOException {
    Files.delete(folder.resolve("1.txt"));
    assertThat(Run.of("dataset", "caption", folder, "--captioner", "clip").err())
        .contains("clip is no address of a server");
    Run key =
        Run.of(
            "dataset",
            "caption",
            folder,
            "--captioner",
            "http://localhost:1",
            "--api-key-variable",
            "NO_SUCH_KEY");
    assertThat(key.exitCode()).isEqualTo(1);
    assertThat(key.err()).contains("NO_SUCH_KEY holds no key");
    assertThat(Run.of("dataset", "caption", folder, "--format", "csv").err())
        .contains("--format is jsonl or txt, not csv");
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThat(Run.of("dataset", "dedupe", folder, "--keep", "two").err())
        .contains("--keep takes one, not two");
    assertThat(Run.of("dataset", "dedupe", folder, "--cap", "0").err()).contains("keep nothing");
    assertThat(Run.of("dataset", "dedupe", folder, "--output", folder.resolve("in")).err())
        .contains("choose one outside");
    assertThat(
            Run.of(
                    "dataset",
                    "dedupe",
                    folder,
                    "--weight",
                    "--output",
                    temporary.resolve("w.jsonl"))
                .err())
        .contains("must lie in");
    assertThat(Run.of("dataset").exitCode()).isEqualTo(2);
    assertThat(Run.of("dataset", "check", temporary.resolve("nowhere")).err())
        .contains("does not exist");
  }

  @Test
  void refusesOptionsThatWouldDoNothing() {
    String server = "http://localhost:1";
    assertThat(
            Run.of("dataset", "caption", folder, "--captioner", server, "--model", "gpt-4o-mini")
                .err())
        .contains("--model would do nothing", "the name of its model is --captioner-model.");
    assertThat(Run.of("dataset", "caption", folder, "--parallel", "4", "--rate", "60").err())
        .contains("--parallel, --rate would do nothing without a server");
    assertThat(Run.of("dataset", "dedupe", folder, "--copy").err())
        .contains("--copy would do nothing without a new folder");
    assertThat(
            Run.of("dataset", "dedupe", folder, "--copy", "--output", folder.resolve("once.jsonl"))
                .err())
        .contains("--copy would do nothing without a new folder");
    assertThat(Run.of("dataset", "dedupe", folder, "--embedding-threshold", "0.9").err())
        .contains("--embedding-threshold would do nothing without --embedding");
  }

  @Test
  void readsArchivesAndSplitsAsTrainingDoes() throws IOException {
    Path set = Files.createDirectory(temporary.resolve("set"));
    Files.move(folder, set.resolve("train"));
    Files.createDirectory(set.resolve("test"));
    Run split = Run.of("dataset", "check", set);
    assertThat(split.exitCode()).as(split.out()).isZero();
    assertThat(split.err()).contains("trains on train; test is left out.");

    Path tar = temporary.resolve("set.tar");
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
      for (String name : List.of("0.png", "0.txt", "1.png", "2.png", "2.txt")) {
        byte[] content = Files.readAllBytes(set.resolve("train").resolve(name));
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize(content.length);
        out.putArchiveEntry(entry);
        out.write(content);
        out.closeArchiveEntry();
      }
    }
    assertThat(Run.of("dataset", "check", tar).out()).contains("1.png: has no caption.");
    assertThat(Run.of("dataset", "dedupe", tar, "--output", temporary.resolve("w.jsonl")).err())
        .contains("A list cannot name pictures within " + tar);
    Path blip = Fixtures.path("blip");
    assertThat(Run.of("dataset", "caption", tar, "--model", blip).err())
        .contains("captions are not written into archives: give --output DIR");
    Path captioned = temporary.resolve("captioned");
    Run run =
        Run.of("dataset", "caption", tar, "--model", blip, "--prompt", "a", "--output", captioned);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(Run.of("dataset", "check", captioned).exitCode()).isZero();
    assertThat(captioned.resolve("1.png"))
        .hasSameBinaryContentAs(set.resolve("train").resolve("1.png"));
  }
}
