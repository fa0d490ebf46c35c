package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.judge.ColourTrial.Painted;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ColourTrialTest {
  private static final Rgb RED = new Rgb(220, 30, 30);
  private static final Rgb BLUE = new Rgb(40, 60, 220);

  @TempDir Path folder;

  private static List<CaptionedImage> captioned(String... captions) {
    return Stream.of(captions)
        .map(caption -> new CaptionedImage(Path.of("picture.png"), List.of(caption), "hash"))
        .toList();
  }

  private CaptionedImage box(String name, Rgb colour, String caption) {
    Path file = folder.resolve(name);
    Png.write(Image.filled(9, 5, colour).placedOn(20, 20, 4, 8, Rgb.WHITE), file);
    return new CaptionedImage(file, List.of(caption), Fingerprint.ofFile(file));
  }

  @Test
  void asksForAllColoursInTurn() {
    List<CaptionedImage> images =
        captioned(
            "a red fish", "a red dog", "no colour", "a blue bird", "a red fish", "a green cat");
    assertThat(ColourTrial.of(images, 7).prompts())
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
    assertThatThrownBy(() -> ColourTrial.of(captioned("a fish"), 3))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "None of the 1 captions names a colour, so there is nothing to judge; the judge knows red, orange, yellow, green, blue, purple, pink, brown, gray, black, white.");
  }

  @Test
  void judgesRealPicturesByTheirCaptions() {
    List<CaptionedImage> images =
        List.of(
            box("1.png", RED, "a red box"),
            box("2.png", BLUE, "a red box"),
            box("3.png", BLUE, "a box"));
    ColourTrial.Real real = ColourTrial.judge(images);
    assertThat(real.colours().seen())
        .isEqualTo(Map.of(Colour.RED, Map.of(Colour.RED, 1, Colour.BLUE, 1)));
    assertThat(real.loaded().notice()).isEmpty();
  }

  /** Thousands of them lie in memory until the last one is painted. */
  @Test
  void keepsPaintedPicturesAsSmallAsTheSheetShowsThem() {
    Image large = Image.filled(300, 200, BLUE).placedOn(512, 512, 9, 9, Rgb.WHITE);
    Painted few = new ColourTrial(List.of("a red fish")).judged("a red fish", 7, large);
    assertThat(few.picture()).hasToString("Image 256x256");
    assertThat(few.seed()).isEqualTo(7);
    assertThat(few.asked()).isEqualTo(Colour.RED);
    assertThat(few.seen()).isEqualTo(Colour.BLUE);

    ColourTrial many = new ColourTrial(Collections.nCopies(10_000, "a red fish"));
    assertThat(many.judged("a red fish", 7, large).picture().width()).isBetween(30, 60);
  }

  @Test
  void showsPicturesOfOneColourTogether() {
    Image red = Image.filled(8, 8, RED);
    Image blue = Image.filled(8, 8, BLUE);
    List<Painted> painted =
        List.of(
            new Painted("a blue bird", 0, blue, Colour.BLUE),
            new Painted("a red fish", 1, red, Colour.RED),
            new Painted("a blue fish", 2, red, Colour.RED));
    Image sheet = ColourTrial.sheet(painted);
    assertThat(sheet.width()).isGreaterThan(3 * 8);
    assertThat(sheet.at(6, 6)).as("what was asked to be red comes first").isEqualTo(RED);
    assertThat(ColourTrial.report(painted).found()).isEqualTo(2);
  }
}
