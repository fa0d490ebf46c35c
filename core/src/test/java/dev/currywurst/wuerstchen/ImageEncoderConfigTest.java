package dev.currywurst.wuerstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.ConfigFile;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImageEncoderConfigTest {
  private static final ImageEncoderConfig SMALL =
      new ImageEncoderConfig(
          4,
          32,
          List.of(
              new ImageEncoderConfig.Stage(true, 1, 3, 1, 8, 8, 1),
              new ImageEncoderConfig.Stage(false, 4, 3, 2, 8, 16, 2)),
          0.1);

  private static ImageEncoderConfig read(ObjectNode json) {
    return ImageEncoderConfig.read(ConfigFile.of("config.json", json));
  }

  @Test
  void readsWhatItWrites() {
    assertThat(read(SMALL.toJson())).isEqualTo(SMALL);
    assertThat(read(ImageEncoderConfig.PUBLISHED.toJson())).isEqualTo(ImageEncoderConfig.PUBLISHED);
    ImageEncoderConfig published = ImageEncoderConfig.PUBLISHED;
    ImageEncoderConfig steady =
        new ImageEncoderConfig(
            published.latentChannels(), published.lastChannels(), published.stages(), 0);
    assertThat(read(steady.toJson())).isEqualTo(steady);
  }

  @Test
  void refusesWhatItCannotBe() {
    ObjectNode eps = SMALL.toJson();
    eps.withObject("/effnet").put("norm_eps", 1e-5);
    assertThatThrownBy(() -> read(eps))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("config.json, effnet: norm_eps is 1.0E-5 where 0.001 is expected.");

    ObjectNode block = SMALL.toJson();
    ((ObjectNode) block.at("/effnet/stages/0")).put("block", "mbconv");
    assertThatThrownBy(() -> read(block))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "config.json, effnet, stages: block is \"mbconv\" where \"fused\" or \"mb\" is expected.");

    ObjectNode torn = SMALL.toJson();
    ((ObjectNode) torn.at("/effnet/stages/1")).put("in_channels", 9);
    assertThatThrownBy(() -> read(torn))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "config.json, effnet, stages: in_channels is 9 where the stage before has 8 out_channels; give both the same.");
  }
}
