package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.ContactSheet.Cell;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContactSheetTest {
  private static final Rgb RED = new Rgb(255, 0, 0);
  private static final Rgb BLUE = new Rgb(0, 0, 255);

  @Test
  void picturesLieRowByRow() {
    Cell red = new Cell(Image.filled(20, 10, RED), "");
    Cell blue = new Cell(Image.filled(20, 10, BLUE), "");
    Image sheet = new ContactSheet(2, 0, 4).draw(List.of(red, red, blue));

    assertThat(sheet).hasToString("Image 52x32");
    assertThat(sheet.crop(4, 4, 20, 10)).isEqualTo(red.image());
    assertThat(sheet.crop(28, 4, 20, 10)).isEqualTo(red.image());
    assertThat(sheet.crop(4, 18, 20, 10)).isEqualTo(blue.image());
    assertThat(sheet.crop(28, 18, 20, 10)).isEqualTo(Image.filled(20, 10, Rgb.WHITE));
  }

  @Test
  void smallerPicturesAreCentred() {
    Image sheet =
        new ContactSheet(2, 0, 0)
            .draw(
                List.of(
                    new Cell(Image.filled(10, 10, RED), ""),
                    new Cell(Image.filled(4, 6, BLUE), "")));
    assertThat(sheet.crop(13, 2, 4, 6)).isEqualTo(Image.filled(4, 6, BLUE));
    assertThat(sheet.at(12, 2)).isEqualTo(Rgb.WHITE);
  }

  @Test
  void captionsStayBelowTheirPicture() {
    Image picture = Image.filled(60, 20, RED);
    Cell wordy =
        new Cell(
            picture, "a caption with far more words than two lines can hold " + "x".repeat(99));
    Image sheet = new ContactSheet(3, 2, 5).draw(List.of(wordy, new Cell(picture, " ")));

    assertThat(sheet).hasToString("Image 135x60");
    assertThat(sheet.crop(5, 5, 60, 20)).isEqualTo(picture);
    // Nothing runs over into the next cell.
    assertThat(sheet.crop(66, 25, 69, 35)).isEqualTo(Image.filled(69, 35, Rgb.WHITE));
  }

  @Test
  void aFewPicturesStayAsTheyAre() {
    Image picture = Image.filled(1024, 1024, RED);
    assertThat(new ContactSheet(4, 2, 8).shrunk(picture, 16)).isSameAs(picture);
  }

  /** Captions and gaps count: without captions where no word would fit. */
  @ParameterizedTest
  @CsvSource({"100, 38", "1000, 38", "10000, 8", "100000, 8"})
  void ofManyPicturesEachIsSoSmallThatTheSheetIsNotTooLarge(int pictures, int below) {
    Image cell = new ContactSheet(4, 2, 8).shrunk(Image.filled(1024, 768, RED), pictures);
    double pixels = (cell.width() + 8.0) * (cell.height() + below) * pictures;
    assertThat(pixels).isBetween(20e6, 32e6);
    assertThat(cell.width() < 48).isEqualTo(below == 8);
  }

  @Test
  void anEmptySheetIsRefused() {
    assertThatThrownBy(() -> new ContactSheet(2, 1, 5).draw(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
