package dev.currywurst.wuerstchen;

import static dev.currywurst.testing.ParityCase.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.ParityCase;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each network alone equals diffusers' within 1e-5 of the largest value. */
class NetworkParityTest {
  private static final double TOLERANCE = 1e-5;

  private final ParityCase reference = ParityCase.stored();

  /** A network with plain weights, as training has them, or as generation brings them into form. */
  private <T> T network(boolean frozen, String component, Function<Parameters, T> constructor) {
    return frozen
        ? reference.frozen(component, constructor)
        : reference.network(component, constructor);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stageC(boolean frozen) {
    StageCConfig config = StageCConfig.read(reference.config("prior/prior"));
    try (Scope scope = Scope.open();
        StageC stageC = network(frozen, "prior/prior", p -> new StageC(config, p))) {
      Tensor noise =
          stageC.denoise(
              reference.tensor("prior.x"),
              reference.tensor("prior.r"),
              stageC.condition(reference.tensor("prior.c")));
      assertClose(noise, reference.tensor("prior.out"), TOLERANCE);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stageB(boolean frozen) {
    StageBConfig config = StageBConfig.read(reference.config("decoder/decoder"));
    try (Scope scope = Scope.open();
        StageB stageB = network(frozen, "decoder/decoder", p -> new StageB(config, p))) {
      Tensor x = reference.tensor("decoder.x");
      StageB.Conditioning conditioning =
          stageB.condition(
              reference.tensor("decoder.clip"),
              reference.tensor("decoder.effnet"),
              x.size(2),
              x.size(3));
      Tensor noise = stageB.denoise(x, reference.tensor("decoder.r"), conditioning);
      assertClose(noise, reference.tensor("decoder.out"), TOLERANCE);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stageA(boolean frozen) {
    StageAConfig config = StageAConfig.read(reference.config("decoder/vqgan"));
    try (Scope scope = Scope.open();
        StageA stageA = network(frozen, "decoder/vqgan", p -> new StageA(config, p))) {
      Tensor latents = stageA.encode(reference.tensor("vq.image"));
      assertClose(latents, reference.tensor("vq.latents"), TOLERANCE);
      assertClose(stageA.decode(latents), reference.tensor("vq.decoded"), TOLERANCE);
      // The reference's force_not_quantize=False, which does quantise.
      assertClose(
          stageA.decode(stageA.quantize(latents)),
          reference.tensor("vq.decoded_not_quantized"),
          TOLERANCE);
      assertThat(ParityCase.difference(stageA.quantize(latents), latents)).isGreaterThan(0.01);
    }
  }

  @Test
  void imageEncoder() {
    ImageEncoderConfig config = ImageEncoderConfig.read(reference.config("image_encoder"));
    try (Scope scope = Scope.open();
        ImageEncoder encoder =
            reference.network("image_encoder", p -> new ImageEncoder(config, p))) {
      Tensor x = reference.tensor("effnet.x");
      assertClose(
          encoder.features(x, false, Dropout.OFF), reference.tensor("effnet.backbone"), TOLERANCE);
      assertClose(encoder.encode(x), reference.tensor("effnet.out"), TOLERANCE);
    }
  }
}
