package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.clip.ClipModel;
import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JuryTest {
  @TempDir private Path folder;

  /** Drawings of things in colours; what the colour judge says of them holds without training. */
  @Test
  void realDrawingsHaveTheColoursOfTheirCaptions() {
    TestSet set = TestSet.drawn(120, 20, 3, 128);
    try (ClipModel clip = ClipModel.load(Fixtures.path("clip").resolve("model"));
        Jury jury = new Jury(clip, Map.of(), set, 3)) {
      Verdict real = jury.ofReal().orElseThrow();
      assertThat(real.pictures()).hasSize(120);
      assertThat(real.coloured()).isEqualTo(120);
      assertThat(real.colour().value())
          .as(
              real.pictures().stream()
                  .filter(one -> !one.colourRight())
                  .map(one -> one.test().prompt() + " (" + one.colour() + ")")
                  .toList()
                  .toString())
          .isGreaterThan(0.9);
      assertThat(real.colourByChance()).isLessThan(0.3);
      assertThat(real.distances()).containsOnlyKeys("CLIP");
      assertThat(real.distances().get("CLIP").value()).isPositive();
      assertThat(jury.compared()).isEqualTo(20);
    }
  }

  /** Three captions in all, however often they are asked for: one in three is right by chance. */
  @Test
  void captionsThatComeAgainAreOneToChooseFrom() throws IOException {
    Path file = folder.resolve("held-out.jsonl");
    Files.writeString(file, "{\"text\": \"a\"}\n{\"text\": \"b\"}\n{\"text\": \"c\"}\n");
    TestSet set = TestSet.read(file, 30, 0);
    try (ClipModel clip = ClipModel.load(Fixtures.path("clip").resolve("model"));
        Jury jury = new Jury(clip, Map.of(), set, 3)) {
      Jury.Hearing hearing = jury.hear();
      for (int i = 0; i < 30; i++) {
        hearing.add(Image.filled(64, 64, Rgb.WHITE));
      }
      Verdict verdict = hearing.verdict();
      assertThat(verdict.objectByChance()).isCloseTo(1 / 3.0, within(1e-12));
      assertThat(verdict.object().value())
          .as("one caption is the nearest to all of these pictures")
          .isCloseTo(1 / 3.0, within(0.1));
    }
  }

  @Test
  void aRunThatHeldNothingBackIsToldSo() {
    assertThatThrownBy(() -> TestSet.of(List.of(), 2, 0))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("The run held no pictures back");
  }

  @Test
  void captionsComeFromAFileOfLines() throws IOException {
    Path file = folder.resolve("held-out.jsonl");
    Files.writeString(
        file,
        """
        {"text": ["a small red house", "a red house"], "subject": "house"}

        {"text": "a thing in the dark", "color": "purple"}
        """);
    TestSet set = TestSet.read(file, 2, 0);
    assertThat(set.asked())
        .extracting(TestCase::prompt, TestCase::colour, TestCase::object)
        .containsExactlyInAnyOrder(
            tuple("a small red house", Optional.of(Colour.RED), Optional.of("house")),
            tuple("a thing in the dark", Optional.of(Colour.PURPLE), Optional.empty()));
  }

  @Test
  void brokenLinesAreNamed() throws IOException {
    Path file = folder.resolve("held-out.jsonl");
    Files.writeString(file, "{\"text\": \"a\"}\n{\"text\": \n");
    assertThatThrownBy(() -> TestSet.read(file, 2, 0))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("line 2 is not valid JSON");
    Files.writeString(file, "{\"text\": \"a\", \"file_name\": \"gone.png\"}\n");
    assertThatThrownBy(() -> TestSet.read(file, 2, 0))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("gone.png, which is not there");
  }

  @Test
  void aCaptionWithTheSameThingIsNotSurelyWrong() {
    TestCase house =
        TestCase.of("a red house", Optional.empty(), Optional.of("house"), Optional.empty());
    TestCase both =
        TestCase.of(
            "a blue cat and a house", Optional.empty(), Optional.of("cat"), Optional.empty());
    assertThat(house.excludes(both)).isTrue();
    assertThat(both.excludes(house)).isFalse();
  }

  @Test
  void coloursOfTheGroundAreNotThoseOfThings() {
    assertThat(Colour.ofThings("a red ball and an orange cat on light yellow"))
        .containsExactly(Colour.RED, Colour.ORANGE);
    assertThat(Colour.ofThings("three red kites on a gray background")).containsExactly(Colour.RED);
    assertThat(Colour.ofThings("a blue hat on a red cat")).containsExactly(Colour.BLUE, Colour.RED);
  }
}
