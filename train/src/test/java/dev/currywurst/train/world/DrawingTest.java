package dev.currywurst.train.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.world.Drawing.Kind;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DrawingTest {
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aPictureIsAFunctionOfItsSeedAndNumber(Kind kind) {
    Drawing drawing = Drawing.of(kind, 5, 17, 64);
    assertThat(Drawing.of(kind, 5, 17, 64)).isEqualTo(drawing);
    assertThat(Drawing.of(kind, 5, 18, 64).image()).isNotEqualTo(drawing.image());
    assertThat(Drawing.of(kind, 6, 17, 64).image()).isNotEqualTo(drawing.image());
  }

  /** Figures of two seeds are those of two samples. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void seedsHaveScenesOfTheirOwn(Kind kind) {
    int alike = 0;
    for (int k = 0; k < 100; k++) {
      alike += Drawing.of(kind, 0, k, 16).equals(Drawing.of(kind, 1, k, 16)) ? 1 : 0;
    }
    assertThat(alike).isLessThan(3);
  }

  @Test
  void whatIsHeldBackIsNeverDrawnForTraining() {
    SplittableRandom random = new SplittableRandom(1);
    for (int k = 0; k < 5000; k++) {
      assertThat(Scene.forTraining(random).groups()).noneMatch(Scene.Group::isHeldBack);
      assertThat(Scene.forTesting(random).subject().isHeldBack()).isTrue();
    }
  }

  @Test
  void everyThingIsLearnedInSomeColoursAndTestedInOthers() {
    int heldBack = 0;
    for (Thing thing : Thing.values()) {
      int own = 0;
      for (Tint tint : Tint.values()) {
        own += new Scene.Group(thing, tint, 1, Scene.Size.USUAL).isHeldBack() ? 1 : 0;
      }
      assertThat(own).as(thing.word()).isLessThan(Tint.values().length / 2);
      heldBack += own;
    }
    int all = Thing.values().length * Tint.values().length;
    assertThat(heldBack).isBetween(all / 15, all / 7);
  }

  @ParameterizedTest
  @EnumSource(Thing.class)
  void aThingIsPaintedInItsColour(Thing thing) {
    Scene scene =
        new Scene(
            List.of(new Scene.Group(thing, Tint.BLUE, 1, Scene.Size.BIG)),
            Scene.Layout.MIDDLE,
            Setting.WHITE);
    Image image = Drawing.of(scene, new SplittableRandom(3), 128).image();
    int drawn = 0;
    int blue = 0;
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        Rgb pixel = image.at(x, y);
        drawn += pixel.red() + pixel.green() + pixel.blue() < 720 ? 1 : 0;
        blue += pixel.blue() > pixel.red() + 50 && pixel.blue() > pixel.green() + 20 ? 1 : 0;
      }
    }
    assertThat(drawn).isGreaterThan(128 * 128 / 20);
    assertThat((double) blue / drawn).isGreaterThan(0.35);
  }

  @Test
  void captionsTellThingsAndColours() {
    for (int k = 0; k < 200; k++) {
      Drawing drawing = Drawing.of(Kind.WORLD, 1, k, 16);
      assertThat(drawing.captions())
          .isNotEmpty()
          .allMatch(caption -> caption.contains(drawing.tint().word()));
      assertThat(new HashSet<>(drawing.captions())).hasSameSizeAs(drawing.captions());
    }
  }

  @Test
  void aFolderOfDrawingsIsOneToTrainOn(@TempDir Path folder) {
    Path drawn = folder.resolve("drawn");
    new DrawnFolder(Kind.CREATURES, 12, 1, 32).write(drawn);
    List<CaptionedImage> images = ImageFolder.DEFAULT.list(drawn);
    assertThat(images).hasSize(12);
    assertThat(images).allMatch(image -> image.caption().contains("creature"));
    Set<String> contents = new HashSet<>();
    images.forEach(image -> contents.add(image.caption()));
    assertThat(contents).hasSizeGreaterThan(6);
    assertThatThrownBy(() -> new DrawnFolder(Kind.CREATURES, 12, 1, 32).write(drawn))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("is not empty");
  }
}
