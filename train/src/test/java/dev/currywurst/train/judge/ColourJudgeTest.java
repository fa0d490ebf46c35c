package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import java.awt.image.BufferedImage;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColourJudgeTest {
  /** A filled shape with a dark outline, on white: the outline is a third of what is drawn. */
  private static Image drawing(Rgb fill) {
    Image inside = Image.filled(20, 20, fill);
    Image outlined = inside.placedOn(24, 24, 2, 2, new Rgb(25, 20, 20));
    return outlined.placedOn(40, 40, 8, 8, Rgb.WHITE);
  }

  @ParameterizedTest
  @CsvSource({
    "RED, 220, 40, 30",
    "ORANGE, 250, 140, 20",
    "YELLOW, 250, 220, 60",
    "GREEN, 90, 180, 80",
    "BLUE, 70, 130, 220",
    "PURPLE, 130, 70, 190",
    "PINK, 250, 160, 170",
    "BROWN, 150, 95, 50",
    "GRAY, 140, 140, 140",
    "BLACK, 50, 50, 55",
    "WHITE, 225, 225, 228"
  })
  void namesTheFillInsideADarkOutline(Colour expected, int red, int green, int blue) {
    assertThat(ColourJudge.mainColour(drawing(new Rgb(red, green, blue)))).isEqualTo(expected);
  }

  /** One pixel of outline around a small drawing is as much as sixteen around a large one. */
  @Test
  void judgesSmallDrawingsAsItDoesLargeOnes() {
    Rgb outline = new Rgb(60, 45, 40);
    Image small = Image.filled(4, 4, new Rgb(200, 190, 185)).placedOn(6, 6, 1, 1, outline);
    Image large = Image.filled(64, 64, new Rgb(200, 190, 185)).placedOn(96, 96, 16, 16, outline);
    assertThat(ColourJudge.mainColour(small.placedOn(200, 100, 50, 2, Rgb.WHITE)))
        .isEqualTo(ColourJudge.mainColour(large));
  }

  /** A painted ground has specks, at its borders too; each row's colour is that of most pixels. */
  @Test
  void forgivesAGroundThatIsNotFlat() {
    Rgb ground = new Rgb(90, 160, 70);
    Image thing = Image.filled(20, 20, new Rgb(70, 130, 220));
    BufferedImage picture = thing.placedOn(64, 64, 22, 22, ground).toBufferedImage();
    SplittableRandom random = new SplittableRandom(3);
    for (int y = 0; y < 64; y++) {
      picture.setRGB(0, y, random.nextInt(1 << 24));
      picture.setRGB(63, y, random.nextInt(1 << 24));
    }
    assertThat(ColourJudge.mainColour(Image.of(picture))).isEqualTo(Colour.BLUE);
  }

  @Test
  void anEmptyPictureIsWhite() {
    assertThat(ColourJudge.mainColour(Image.filled(8, 8, Rgb.WHITE))).isEqualTo(Colour.WHITE);
  }

  @Test
  void aLineTooFaintToBeSeenIsWhite() {
    Rgb pale = new Rgb(225, 225, 255);
    Image frame = Image.filled(1022, 1022, Rgb.WHITE).placedOn(1024, 1024, 1, 1, pale);
    assertThat(ColourJudge.mainColour(frame)).isEqualTo(Colour.WHITE);
  }

  @Test
  void aDarkDrawingIsBlack() {
    assertThat(ColourJudge.mainColour(Image.filled(8, 8, new Rgb(10, 5, 30))))
        .isEqualTo(Colour.BLACK);
  }

  @Test
  void findsTheFirstColourThatATextNames() {
    assertThat(Colour.firstIn("A Grey mouse with a blue hat")).isEqualTo(Optional.of(Colour.GRAY));
    assertThat(Colour.firstIn("a reddish thing, colored")).isEmpty();
  }
}
