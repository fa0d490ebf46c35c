package dev.currywurst.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.ImageDecoder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.dataset.DrawnCreatures.Body;
import dev.currywurst.train.source.Columns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written of a folder with five forms of one butterfly and a creature. */
class ThinnedDatasetTest {
  @TempDir Path temporary;
  private Path folder = Path.of("");

  @BeforeEach
  void draw() throws IOException {
    folder = Files.createDirectories(temporary.resolve("pictures/wild")).getParent();
    DrawnCreatures creatures = new DrawnCreatures(11);
    Body butterfly = creatures.butterfly();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      ImageIO.write(
          creatures.paint(butterfly, true), "png", folder.resolve("form-" + i + ".png").toFile());
      lines.append("{\"file_name\":\"form-%d.png\",\"text\":\"a butterfly\"}\n".formatted(i));
    }
    ImageIO.write(
        creatures.paint(creatures.creature(), true),
        "png",
        folder.resolve("wild/beast.png").toFile());
    lines.append("{\"file_name\":\"wild/beast.png\",\"text\":[\"a beast\",\"it\"],\"year\":7}\n");
    Files.writeString(folder.resolve("metadata.jsonl"), lines);
  }

  private ClusterReport report(Policy policy) {
    return report(folder, policy);
  }

  private static ClusterReport report(Path folder, Policy policy) {
    Survey survey = Survey.of(Inventory.of(folder), ImageDecoder.DEFAULT, done -> {});
    return ClusterReport.of(survey, policy, LookMeasure.DEFAULT_THRESHOLD, List.of());
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file);
  }

  @Test
  void keepsOneInANewFolderThatTrainingReads() throws IOException {
    Path output = temporary.resolve("once");
    report(Policy.KEEP_ONE).thinned().writeFolder(output, false);
    assertThat(lines(output.resolve("metadata.jsonl")))
        .containsExactly(
            "{\"file_name\":\"form-0.png\",\"text\":\"a butterfly\"}",
            "{\"file_name\":\"wild/beast.png\",\"text\":[\"a beast\",\"it\"],\"year\":7}");
    assertThat(ImageFolder.DEFAULT.list(output))
        .extracting(CaptionedImage::captions)
        .containsExactly(List.of("a butterfly"), List.of("a beast", "it"));
    assertThat(folder.resolve("form-4.png")).exists();
    try (Stream<Path> files = Files.list(temporary)) {
      assertThat(files).containsExactlyInAnyOrder(folder, output);
    }
  }

  /** A list has other captions beside the chosen ones, under the very name that these get. */
  @Test
  void writesTheCaptionsThatWereChosen() throws IOException {
    Files.writeString(
        folder.resolve("metadata.jsonl"),
        """
        {"file_name": "form-0.png", "text": "old", "better": "new", "year": 7}
        {"file_name": "wild/beast.png", "text": "old"}
        """);
    Columns better = new Columns(Optional.empty(), Optional.of("better"));
    Path output = temporary.resolve("better");
    NewFolder.write(output, Inventory.of(folder, better), false);
    assertThat(lines(output.resolve("metadata.jsonl")))
        .startsWith(
            "{\"file_name\":\"form-0.png\",\"text\":\"new\",\"year\":7}",
            "{\"file_name\":\"wild/beast.png\"}");
  }

  @Test
  void capsClusters() throws IOException {
    Path output = temporary.resolve("capped");
    report(Policy.cap(3)).thinned().writeFolder(output, true);
    assertThat(lines(output.resolve("metadata.jsonl"))).hasSize(4);
    assertThat(output.resolve("form-2.png")).hasSameBinaryContentAs(folder.resolve("form-2.png"));
    assertThat(output.resolve("form-3.png")).doesNotExist();
  }

  @Test
  void weighsClustersDownInANewList() throws IOException {
    Path output = folder.resolve("weighted.jsonl");
    ClusterReport report = report(Policy.WEIGHT);
    report.thinned().writeMetadata(output);
    assertThat(lines(output)).hasSize(6);
    assertThat(lines(output).get(0)).endsWith("\"weight\":0.2}");
    assertThat(lines(output).get(5)).endsWith("\"year\":7,\"weight\":1.0}");
  }

  @Test
  void weighsClustersDownForTraining() {
    Path output = temporary.resolve("weighted");
    report(Policy.WEIGHT).thinned().writeFolder(output, false);
    assertThat(ImageFolder.DEFAULT.list(output))
        .extracting(CaptionedImage::weight)
        .containsExactly(0.2, 0.2, 0.2, 0.2, 0.2, 1.0);
  }

  /** The beast counts double, as it did; the forms together count once, in proportion. */
  @Test
  void keepsTheWeightsThatAreThereInProportion() throws IOException {
    Path metadata = folder.resolve("metadata.jsonl");
    List<String> lines = new ArrayList<>(lines(metadata));
    lines.set(0, lines.get(0).replace("}", ",\"weight\":0.5}"));
    lines.set(1, lines.get(1).replace("}", ",\"weight\":0}"));
    lines.set(4, lines.get(4).replace("}", ",\"weight\":1.5}"));
    lines.set(5, lines.get(5).replace("}", ",\"weight\":2}"));
    Files.write(metadata, lines);
    Path output = temporary.resolve("weighted");
    report(Policy.WEIGHT).thinned().writeFolder(output, false);
    assertThat(ImageFolder.DEFAULT.list(output))
        .extracting(CaptionedImage::weight)
        .containsExactly(0.125, 0.0, 0.25, 0.25, 0.375, 2.0);
    Path again = temporary.resolve("again");
    report(output, Policy.WEIGHT).thinned().writeFolder(again, false);
    assertThat(ImageFolder.DEFAULT.list(again))
        .extracting(CaptionedImage::weight)
        .containsExactly(0.125, 0.0, 0.25, 0.25, 0.375, 2.0);

    lines.set(2, lines.get(2).replace("}", ",\"weight\":\"much\"}"));
    Files.write(metadata, lines);
    ClusterReport unclear = report(Policy.WEIGHT);
    assertThatThrownBy(unclear::thinned)
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("form-2.png has something other than a number from 0 up under \"weight\".");
  }

  @Test
  void reportsClusters() {
    ClusterReport report = report(Policy.cap(2));
    assertThat(report.text())
        .startsWith("5 of 6 pictures are nearly the same as another, in 1 clusters; 3 are kept.")
        .contains("form-0.png, form-1.png, form-2.png, ...");
    assertThat(report.json().at("/clusters/0/members")).hasSize(5);
    assertThat(report.json().at("/clusters/0/members/0/hash").textValue()).hasSize(16);
    assertThat(report.json().at("/clusters/0/members/2/weight").doubleValue()).isZero();
    assertThat(report.sheet(ImageDecoder.DEFAULT).width()).isGreaterThan(5 * 96);
  }

  @Test
  void neverWritesOverAnything() {
    assertThatThrownBy(() -> report(Policy.KEEP_ONE).thinned().writeFolder(folder, false))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("is there already");
  }
}
