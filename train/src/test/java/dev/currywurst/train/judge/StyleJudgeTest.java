package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.clip.Embedder;
import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class StyleJudgeTest {
  /** Knows a picture by its first pixel: red and blue are two directions. */
  private static final Embedder COLOURS =
      new Embedder() {
        @Override
        public int dimension() {
          return 2;
        }

        @Override
        public Tensor embedImages(List<Image> images) {
          float[] rows = new float[2 * images.size()];
          for (int i = 0; i < images.size(); i++) {
            rows[2 * i] = images.get(i).at(0, 0).red();
            rows[2 * i + 1] = images.get(i).at(0, 0).blue();
          }
          return Tensor.of(rows, images.size(), 2);
        }
      };

  private static Image colour(int red, int blue) {
    return Image.filled(1, 1, new Rgb(red, 0, blue));
  }

  @Test
  void findsTheNearerStyleWhateverTheBrightness() {
    List<Image> reddish = List.of(colour(255, 50), colour(40, 0));
    List<Image> bluish = List.of(colour(0, 255), colour(30, 200));
    StyleJudge judge = new StyleJudge(COLOURS, reddish, bluish);
    assertThat(judge.share(List.of(colour(9, 2), colour(200, 90), colour(80, 250))).value())
        .isEqualTo(2 / 3.0);
    assertThat(judge.share(reddish).value()).isEqualTo(1);
    assertThat(judge.share(bluish).value()).isZero();
  }
}
