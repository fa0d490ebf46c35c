package dev.currywurst.wuerstchen;

import static dev.currywurst.testing.ParityCase.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.ParityCase;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each network alone equals diffusers' in float32, with its weights as training has them and as
 * generation brings them into form, in every type it generates in.
 */
class NetworkParityTest {
  private final ParityCase reference = ParityCase.stored();

  private <T> T network(
      boolean frozen, DType type, String component, Function<Parameters, T> constructor) {
    return frozen
        ? reference.frozen(component, type, constructor)
        : reference.network(component, type, constructor);
  }

  /** Of the largest value: rounding, and what the depth of the network makes of it. */
  private static double tolerance(DType type) {
    return switch (type) {
      case BFLOAT16 -> 2e-2;
      case FLOAT16 -> 5e-3;
      default -> 1e-5;
    };
  }

  @ParameterizedTest
  @CsvSource({
    "false, FLOAT32", "false, BFLOAT16", "false, FLOAT16",
    "true, FLOAT32", "true, BFLOAT16", "true, FLOAT16"
  })
  void stageC(boolean frozen, DType type) {
    StageCConfig config = StageCConfig.read(reference.config("prior/prior"));
    try (Scope scope = Scope.open();
        StageC stageC = network(frozen, type, "prior/prior", p -> new StageC(config, p))) {
      Tensor noise =
          Grad.off(
              () ->
                  stageC.denoise(
                      reference.tensor("prior.x"),
                      stageC.levels(reference.tensor("prior.r")),
                      stageC.condition(reference.tensor("prior.c").to(type))));
      assertClose(noise, reference.tensor("prior.out"), tolerance(type));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, FLOAT32", "false, BFLOAT16", "false, FLOAT16",
    "true, FLOAT32", "true, BFLOAT16", "true, FLOAT16"
  })
  void stageB(boolean frozen, DType type) {
    StageBConfig config = StageBConfig.read(reference.config("decoder/decoder"));
    try (Scope scope = Scope.open();
        StageB stageB = network(frozen, type, "decoder/decoder", p -> new StageB(config, p))) {
      Tensor x = reference.tensor("decoder.x");
      Tensor noise =
          Grad.off(
              () -> {
                StageB.Conditioning conditioning =
                    stageB.condition(
                        reference.tensor("decoder.clip").to(type),
                        reference.tensor("decoder.effnet"),
                        x.size(2),
                        x.size(3));
                return stageB.denoise(
                    x, stageB.levels(reference.tensor("decoder.r")), conditioning);
              });
      assertClose(noise, reference.tensor("decoder.out"), tolerance(type));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, FLOAT32", "false, BFLOAT16", "false, FLOAT16",
    "true, FLOAT32", "true, BFLOAT16", "true, FLOAT16"
  })
  void stageA(boolean frozen, DType type) {
    StageAConfig config = StageAConfig.read(reference.config("decoder/vqgan"));
    try (Scope scope = Scope.open();
        StageA stageA = network(frozen, type, "decoder/vqgan", p -> new StageA(config, p))) {
      Tensor encoded = Grad.off(() -> stageA.encode(reference.tensor("vq.image")));
      assertClose(encoded, reference.tensor("vq.latents"), tolerance(type));
      Tensor latents = reference.tensor("vq.latents");
      assertClose(
          Grad.off(() -> stageA.decode(latents)), reference.tensor("vq.decoded"), tolerance(type));
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void stageAQuantised(boolean frozen) {
    StageAConfig config = StageAConfig.read(reference.config("decoder/vqgan"));
    try (Scope scope = Scope.open();
        StageA stageA =
            network(frozen, DType.FLOAT32, "decoder/vqgan", p -> new StageA(config, p))) {
      Tensor latents = reference.tensor("vq.latents");
      // The reference's force_not_quantize=False, which does quantise.
      assertClose(
          stageA.decode(stageA.quantize(latents)),
          reference.tensor("vq.decoded_not_quantized"),
          tolerance(DType.FLOAT32));
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
      double tolerance = tolerance(DType.FLOAT32);
      assertClose(
          encoder.features(x, false, Dropout.OFF), reference.tensor("effnet.backbone"), tolerance);
      assertClose(encoder.encode(x), reference.tensor("effnet.out"), tolerance);
    }
  }
}
