package dev.currywurst.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.dataset.DatasetCheck.Demands;
import dev.currywurst.train.dataset.Finding.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found in folders with faults. */
class DatasetCheckTest {
  @TempDir Path folder;

  private void picture(String name, int width, int height) {
    Image ground = Image.filled(width, height, Rgb.WHITE);
    int side = Math.max(1, Math.min(width, height) / 2);
    Image spot = Image.filled(side, side, new Rgb(name.hashCode() & 0xff, 20, 90));
    byte[] rgb = ground.rgb();
    for (int y = 0; y < side; y++) {
      System.arraycopy(spot.rgb(), 3 * y * side, rgb, 3 * y * width, 3 * side);
    }
    Png.write(Image.of(width, height, rgb), folder.resolve(name));
  }

  private void text(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private DatasetCheck check() {
    Survey survey = Survey.of(Inventory.of(folder), ImageDecoder.DEFAULT, done -> {});
    return DatasetCheck.of(survey, new Demands(64, CaptionLimit.byWords()));
  }

  private static List<String> found(DatasetCheck check, Kind kind) {
    return check.findings().stream()
        .filter(finding -> finding.kind() == kind)
        .map(Finding::where)
        .toList();
  }

  @Test
  void findsNothingWrongWithAProperFolder() throws IOException {
    picture("a.png", 80, 100);
    text("a.txt", "a red fox\na fox in the snow");
    picture("b.png", 100, 80);
    text("b.txt", "a blue bird");
    assertThat(check().findings()).isEmpty();
    assertThat(check().mustBeMended()).isFalse();
    assertThat(check().text()).isEqualTo("2 pictures, nothing to mend.");
  }

  @Test
  void findsWhatIsWrongWithPictures() throws IOException {
    picture("speck.png", 1, 1);
    picture("tiny.png", 20, 20);
    picture("long.png", 500, 100);
    Png.write(Image.filled(90, 90, Rgb.BLACK), folder.resolve("blank.png"));
    picture("good.png", 100, 100);
    Files.copy(folder.resolve("good.png"), folder.resolve("named.jpg"));
    byte[] bytes = Files.readAllBytes(folder.resolve("good.png"));
    Files.write(folder.resolve("broken.png"), Arrays.copyOf(bytes, bytes.length / 2));
    for (String name : List.of("speck", "tiny", "long", "blank", "good", "named", "broken")) {
      text(name + ".txt", "a picture called " + name);
    }
    DatasetCheck check = check();
    assertThat(check.mustBeMended()).isTrue();
    assertThat(found(check, Kind.PICTURE_SPECK)).containsExactly("speck.png");
    assertThat(found(check, Kind.PICTURE_TINY)).containsExactly("tiny.png");
    assertThat(found(check, Kind.PICTURE_RATIO)).containsExactly("long.png");
    assertThat(found(check, Kind.PICTURE_BLANK)).contains("blank.png");
    assertThat(found(check, Kind.PICTURE_NAME)).containsExactly("named.jpg");
    assertThat(found(check, Kind.PICTURE_REPEATED)).containsExactly("good.png");
    assertThat(found(check, Kind.PICTURE_UNREADABLE)).containsExactly("broken.png");
  }

  @Test
  void findsWhatIsWrongWithCaptions() throws IOException {
    for (String name : List.of("a.png", "b.png", "c.png", "d.png", "e.png")) {
      picture(name, 100, 100);
    }
    text(
        "metadata.jsonl",
        """
        {"file_name": "a.png", "text": "twins"}
        {"file_name": "b.png", "text": "twins", "weight": 2}
        {"file_name": "c.png", "text": "%s"}
        {"file_name": "d.png", "text": "caf\ufffd"}
        {"file_name": "gone.png", "text": "nobody"}
        {"file_name": "a.png
        ["a.png"]
        {"text": "of what?"}
        {"file_name": "../up.png", "text": "outside"}
        {"file_name": "e.png", "text": ""}
        """
            .formatted("word ".repeat(80)));
    picture("unused.png", 100, 100);
    DatasetCheck check = check();
    assertThat(check.pictures()).isEqualTo(5);
    assertThat(found(check, Kind.CAPTION_REPEATED)).containsExactly("a.png");
    assertThat(found(check, Kind.CAPTION_CUT)).containsExactly("c.png");
    assertThat(found(check, Kind.CAPTION_ODD)).containsExactly("d.png");
    assertThat(found(check, Kind.PICTURE_MISSING)).containsExactly("metadata.jsonl, line 5");
    assertThat(found(check, Kind.CAPTIONS_BROKEN))
        .containsExactly(
            "metadata.jsonl, line 6",
            "metadata.jsonl, line 7",
            "metadata.jsonl, line 8",
            "metadata.jsonl, line 9");
    assertThat(found(check, Kind.CAPTION_MISSING)).containsExactly("e.png");
    assertThat(found(check, Kind.UNUSED)).containsExactly("unused.png");
    assertThat(check.json().at("/counts/captions_broken").intValue()).isEqualTo(4);
    assertThat(check.text()).contains("ERROR   metadata.jsonl, line 6: is not valid JSON");
  }

  @Test
  void findsWeightsThatTrainingRefuses() throws IOException {
    picture("a.png", 100, 100);
    for (String weight : List.of("\"2\"", "-1", "true")) {
      text(
          "metadata.jsonl",
          "{\"file_name\": \"a.png\", \"text\": \"a\", \"weight\": %s}".formatted(weight));
      assertThatThrownBy(() -> ImageFolder.DEFAULT.list(folder))
          .hasMessageEndingWith("a number from 0 up under \"weight\".");
      assertThat(check().text())
          .startsWith(
              "ERROR   metadata.jsonl, line 1 has something other than a number from 0 up under"
                  + " \"weight\".");
      assertThatThrownBy(() -> CaptionRun.requireSound(Inventory.of(folder)))
          .hasMessageStartingWith(folder + ", metadata.jsonl, line 1 has something other");
    }
    text("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"a\", \"weight\": null}");
    assertThat(check().findings()).isEmpty();
  }

  @Test
  void namesTextsThatHelpNobody() throws IOException {
    picture("a.png", 100, 100);
    text("b.txt", "a caption without a picture");
    assertThat(found(check(), Kind.UNUSED)).containsExactly("b.txt");
    assertThat(found(check(), Kind.CAPTION_MISSING)).containsExactly("a.png");
  }

  @Test
  void refusesFoldersWithoutPictures() {
    assertThatThrownBy(this::check)
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("holds no pictures");
    assertThatThrownBy(() -> Inventory.of(folder.resolve("nowhere")))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void countsAFolder() throws IOException {
    picture("a.png", 80, 100);
    text("a.txt", "a red fox\na fox in the snow");
    picture("b.png", 200, 100);
    text("b.txt", "a blue bird");
    Files.copy(folder.resolve("b.png"), folder.resolve("c.png"));
    Survey survey = Survey.of(Inventory.of(folder), ImageDecoder.DEFAULT, done -> {});
    DatasetStatistics statistics = DatasetStatistics.of(survey);
    assertThat(statistics.pictures()).isEqualTo(3);
    assertThat(statistics.captioned()).isEqualTo(2);
    assertThat(statistics.captions()).isEqualTo(3);
    assertThat(statistics.words()).containsEntry("fox", 2).doesNotContainKey("the");
    assertThat(statistics.sizes()).containsEntry("200x100", 2);
    assertThat(statistics.ratios()).containsEntry("2:1 or wider", 2);
    assertThat(statistics.equal()).isEqualTo(2);
    assertThat(statistics.shorterSide().least()).isEqualTo(80);
    assertThat(statistics.text()).contains("2 of 3");
    assertThat(statistics.json().at("/longer_side/most").intValue()).isEqualTo(200);
    assertThat(DatasetStatistics.sheet(survey, ImageDecoder.DEFAULT, 9).width()).isGreaterThan(200);
  }

  @Test
  void metadataThatNameNothingMustBeMended() throws IOException {
    picture("a.png", 80, 80);
    text("metadata.jsonl", "\n");
    assertThat(check().mustBeMended()).isTrue();
    assertThat(check().text()).contains("metadata.jsonl: names no pictures.");
    text("metadata.jsonl", "{\"image\": \"a.png\", \"text\": \"a\"}");
    assertThat(check().text())
        .contains("metadata.jsonl, line 1: has no text under \"file_name\", but keys image, text.");
  }

  @Test
  void namesTheFileOnce() throws IOException {
    text("a.png", "no picture");
    text("a.txt", "a caption");
    assertThat(check().text())
        .startsWith("ERROR   " + folder.resolve("a.png") + " is not a picture in PNG");
  }
}
