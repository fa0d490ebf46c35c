package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.currywurst.train.judge.ColourReport.Sighting;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ColourReportTest {
  private final ColourReport painted =
      ColourReport.of(
          List.of(
              new Sighting("a red fish", Colour.RED),
              new Sighting("a red fish", Colour.BLUE),
              new Sighting("a red dragon", Colour.BROWN),
              new Sighting("a blue bird", Colour.BLUE),
              new Sighting("nothing in particular", Colour.RED)));

  @Test
  void countsHowOftenPicturesObeyTheirTexts() {
    assertThat(painted.seen())
        .isEqualTo(
            Map.of(
                Colour.RED,
                Map.of(Colour.RED, 1, Colour.BLUE, 1, Colour.BROWN, 1),
                Colour.BLUE,
                Map.of(Colour.BLUE, 1)));
    assertThat(painted.asked()).isEqualTo(4);
    assertThat(painted.found()).isEqualTo(2);
    assertThat(painted.agreement()).isEqualTo(0.5);
    assertThat(painted.agreement(Colour.RED)).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(painted.agreement(Colour.GREEN)).isZero();
  }

  /** 3/4 of the texts and 1/4 of the pictures are red, 1/4 and 2/4 blue. */
  @Test
  void tellsWhatChanceWouldFind() {
    assertThat(painted.chance()).isCloseTo(0.75 * 0.25 + 0.25 * 0.5, within(1e-12));
  }

  @Test
  void comparesWithColoursAskedForAsOften() {
    ColourReport real =
        ColourReport.of(
            List.of(
                new Sighting("a red fox", Colour.RED),
                new Sighting("a blue fox", Colour.BLUE),
                new Sighting("a blue hare", Colour.GRAY),
                new Sighting("a green frog", Colour.GREEN)));
    // Red always and blue half of the time, where three of four texts say red.
    assertThat(real.agreementAsIn(painted)).isCloseTo((3 * 1 + 1 * 0.5) / 4, within(1e-12));
    assertThat(new ColourComparison(painted, real).table())
        .isEqualTo(
            """
            colour  asked painted   real  painted instead
            all         4    50 %   88 %
            red         3    33 %  100 %  blue 1, brown 1
            blue        1   100 %   50 %""");
    assertThat(new ColourComparison(painted, real).toJson())
        .hasToString(
            "{\"agreement\":{\"painted\":0.5,\"real\":0.875,\"by_chance\":0.3125},\"colours\":{"
                + "\"red\":{\"painted\":{\"red\":1,\"blue\":1,\"brown\":1},\"real\":{\"red\":1}},"
                + "\"blue\":{\"painted\":{\"blue\":1},\"real\":{\"blue\":1,\"gray\":1}}}}");
  }

  @Test
  void nothingToJudgeIsNoAgreement() {
    ColourReport none = ColourReport.of(List.of());
    assertThat(none.agreement()).isZero();
    assertThat(none.chance()).isZero();
    assertThat(painted.agreementAsIn(none)).isZero();
  }
}
