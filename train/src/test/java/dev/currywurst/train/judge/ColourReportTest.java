package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.judge.ColourReport.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

class ColourReportTest {
  private static final Image RED = Image.filled(8, 8, new Rgb(220, 30, 30));
  private static final Image BLUE = Image.filled(8, 8, new Rgb(40, 60, 220));

  private final List<Sample> samples =
      List.of(
          new Sample("a red fish", RED),
          new Sample("a red fish", BLUE),
          new Sample("a blue bird", BLUE),
          new Sample("a red dragon", RED),
          new Sample("nothing in particular", RED));

  @Test
  void countsHowOftenPicturesObeyTheirTexts() {
    ColourReport report = ColourReport.of(samples);
    assertThat(report.total()).isEqualTo(new ColourReport.Score(4, 3));
    assertThat(report.total().agreement()).isEqualTo(0.75);
    assertThat(report.colours().get(Colour.RED)).isEqualTo(new ColourReport.Score(3, 2));
    assertThat(report).hasToString("all 75 % of 4\nred 67 % of 3\nblue 100 % of 1");
  }

  @Test
  void showsThePictures() {
    Image sheet = ColourReport.sheet(samples);
    assertThat(sheet.width()).isGreaterThan(5 * 8);
    assertThat(sheet.height()).isGreaterThan(8);
  }

  @Test
  void asksForAllColoursInTurn() {
    List<String> captions =
        List.of("a red fish", "a red dog", "no colour", "a blue bird", "a red fish", "a green cat");
    assertThat(ColourTrial.of(captions, 7).prompts())
        .containsExactly(
            "a red fish",
            "a green cat",
            "a blue bird",
            "a red dog",
            "a green cat",
            "a blue bird",
            "a red fish");
  }

  @Test
  void needsCaptionsThatNameColours() {
    assertThatThrownBy(() -> ColourTrial.of(List.of("a fish"), 3))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("No caption names a colour");
  }
}
