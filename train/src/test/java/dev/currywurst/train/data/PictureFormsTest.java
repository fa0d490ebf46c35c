package dev.currywurst.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forms of pictures that come again and again are made ahead of the first step. */
class PictureFormsTest {
  private static final Preparation FLIPPED =
      Preparation.centerCrop(8).withAugmentation(new Preparation.Augmentation(0.5, 0, true));

  @TempDir Path folder;
  private final List<CaptionedImage> images = new ArrayList<>();

  @BeforeEach
  void paint() {
    for (int i = 0; i < 5; i++) {
      Path file = folder.resolve(i + ".png");
      Image half = Image.filled(10, 16, new Rgb(40 * i, 0, 0));
      Png.write(half.placedOn(20, 16, 10, 0, Rgb.WHITE), file);
      images.add(new CaptionedImage(file, List.of("red " + i), Fingerprint.ofFile(file)));
    }
  }

  /** Makes forms until {@code most} are there. */
  private static Map<String, float[]> forms(PictureBatches batches, List<Long> told, int most) {
    Map<String, float[]> forms = new LinkedHashMap<>();
    batches.eachForm(
        new PictureForms.Taker() {
          @Override
          public boolean wants(String key) {
            return !key.endsWith("-1");
          }

          @Override
          public boolean take(Batch form, long done) {
            forms.put(form.keys().get(0).orElseThrow(), form.planes(0));
            told.add(done);
            return forms.size() < most;
          }
        });
    return forms;
  }

  @Test
  void areThoseThatTheStepsSee() {
    try (PictureBatches batches =
        new PictureBatches(images, new PictureBatches.Plan(FLIPPED, 0, 3), new Draws(1), 5)) {
      List<Long> told = new ArrayList<>();
      Map<String, float[]> forms = forms(batches, told, 100);
      assertThat(batches.forms()).isEqualTo(15);
      assertThat(forms).hasSize(10);
      assertThat(told).isSorted().last().isEqualTo(15L);
      for (long step = 0; step < 20; step++) {
        Batch batch = batches.nextBatch(new Part(step, 0, 5));
        for (int i = 0; i < 5; i++) {
          String key = batch.keys().get(i).orElseThrow();
          if (!key.endsWith("-1")) {
            assertThat(forms.get(key)).isEqualTo(batch.planes(i));
          }
        }
      }
    }
  }

  @Test
  void stopWhenAsked() {
    try (PictureBatches batches =
        new PictureBatches(images, new PictureBatches.Plan(FLIPPED, 0, 3), new Draws(1), 5)) {
      assertThat(forms(batches, new ArrayList<>(), 4)).hasSize(4);
    }
  }

  @Test
  void thoseThatNeverComeAgainAreNotMade() {
    try (PictureBatches batches =
        new PictureBatches(images, new PictureBatches.Plan(FLIPPED, 0, 0), new Draws(1), 5)) {
      assertThat(batches.forms()).isZero();
      assertThat(forms(batches, new ArrayList<>(), 100)).isEmpty();
    }
  }
}
