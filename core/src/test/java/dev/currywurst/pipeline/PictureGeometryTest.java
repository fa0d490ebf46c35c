package dev.currywurst.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureGeometryTest {
  private static final PictureGeometry.Rules PUBLISHED =
      new PictureGeometry.Rules(
          10.67, StageBConfig.PUBLISHED.multiple(), StageAConfig.PUBLISHED.compression());

  private static PictureGeometry covering(int width, int height) {
    return PictureGeometry.covering(new PictureSize(width, height), PUBLISHED);
  }

  /** 3, 32 and 128 for each multiple, up to the longest side that a request may have. */
  @Test
  void multiplesOf128AreValidAsTheyAre() {
    for (int k = 1; k <= PictureSize.LONGEST / 128; k++) {
      PictureGeometry geometry = covering(128 * k, 128);
      assertThat(geometry.isCropped()).isFalse();
      assertThat(geometry.stageC()).isEqualTo(new PictureSize(3 * k, 3));
      assertThat(geometry.stageB()).isEqualTo(new PictureSize(32 * k, 32));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 128", "127, 128", "129, 256", "990, 1024", "1000, 1024", "1080, 1152"})
  void othersAreCoveredByTheNext(int requested, int painted) {
    PictureGeometry geometry = covering(requested, requested);
    assertThat(geometry.painted()).isEqualTo(new PictureSize(painted, painted));
    assertThat(geometry.isCropped()).isTrue();
  }

  /** A Stage B without levels to halve takes any side: no size is painted in vain. */
  @Test
  void shallowModelsHaveFinerSizes() {
    PictureGeometry.Rules shallow = new PictureGeometry.Rules(10.67, 2, 4);
    assertThat(PictureGeometry.covering(new PictureSize(40, 160), shallow).painted())
        .isEqualTo(new PictureSize(40, 168));
  }

  @Test
  void saysThatAModelHasNoSizeAtAll() {
    PictureGeometry.Rules impossible = new PictureGeometry.Rules(1.0, 100_000, 4);
    assertThatThrownBy(() -> PictureGeometry.covering(new PictureSize(8, 8), impossible))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("cannot paint 8 pixels a side");
  }
}
