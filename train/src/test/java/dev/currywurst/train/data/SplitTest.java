package dev.currywurst.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {
  private static CaptionedImage image(int i) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(("" + i).getBytes(StandardCharsets.UTF_8));
      String hash = String.format("%064x", new BigInteger(1, digest));
      return new CaptionedImage(Path.of(i + ".png"), List.of("picture"), hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static List<CaptionedImage> images(int from, int to) {
    return IntStream.range(from, to).mapToObj(SplitTest::image).toList();
  }

  @Test
  void holdsOutAboutTheFraction() {
    Split split = Split.byContent(images(0, 10_000), 0.1);
    assertThat(split.heldOut()).hasSizeBetween(900, 1100);
    assertThat(split.training().size() + split.heldOut().size()).isEqualTo(10_000);
    assertThat((double) split.heldOut().size()).isCloseTo(1000, within(100.0));
  }

  @Test
  void newPicturesMoveNoOthers() {
    Split few = Split.byContent(images(100, 200), 0.2);
    Split more = Split.byContent(images(0, 300), 0.2);
    assertThat(more.training()).containsAll(few.training());
    assertThat(more.heldOut()).containsAll(few.heldOut());
  }

  @Test
  void aLargerFractionOnlyAdds() {
    List<CaptionedImage> images = images(0, 500);
    assertThat(Split.byContent(images, 0.3).heldOut())
        .containsAll(Split.byContent(images, 0.1).heldOut());
  }

  @Test
  void aSmallSetHasBothParts() {
    for (int from = 0; from < 200; from += 4) {
      List<CaptionedImage> images = images(from, from + 4);
      assertThat(Split.byContent(images, 0.1).heldOut()).as("pictures from %d", from).isNotEmpty();
      assertThat(Split.byContent(images, 0.9).training()).as("pictures from %d", from).isNotEmpty();
    }
    assertThat(Split.byContent(images(0, 1), 0.1).training()).hasSize(1);
    List<CaptionedImage> copies = List.of(image(3), image(3));
    assertThat(Split.byContent(copies, 0.1).training()).as("copies stay together").hasSize(2);
  }

  @Test
  void nothingHeldOutIsEverythingInOrder() {
    List<CaptionedImage> images = images(0, 50);
    assertThat(Split.byContent(images, 0).training()).isEqualTo(images);
    assertThatThrownBy(() -> Split.byContent(images, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
