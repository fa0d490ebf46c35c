package dev.currywurst.wuerstchen;

import static dev.currywurst.testing.ParityCase.assertClose;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testing.ParityCase;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Exact savings equal the plain form: what both halves of guidance share is computed once, and rows
 * of a batch do not touch each other.
 */
class SharingTest {
  private static final long SEED = 5;
  private static final double TOLERANCE = 2e-6;

  private final ParityCase reference = ParityCase.stored();

  @Test
  void stageCUnderGuidance() {
    StageCConfig config = StageCConfig.read(reference.config("prior/prior"));
    try (Scope scope = Scope.open();
        Generator random = new Generator(SEED);
        StageC stageC = reference.network("prior/prior", p -> new StageC(config, p))) {
      Tensor x = random.normal(DType.FLOAT32, 2, config.latentChannels(), 6, 3);
      Tensor text = random.normal(DType.FLOAT32, 4, 77, config.textWidth());
      NoiseLevels level = stageC.levels(Tensor.full(0.7, DType.FLOAT32, 1));

      Tensor shared = stageC.denoise(x, level, stageC.condition(text));

      Tensor both = Tensor.cat(List.of(x, x), 0);
      NoiseLevels everyLevel = stageC.levels(Tensor.full(0.7, DType.FLOAT32, 4));
      assertClose(shared, stageC.denoise(both, everyLevel, stageC.condition(text)), TOLERANCE);
      for (int row = 0; row < 4; row++) {
        Tensor alone =
            stageC.denoise(
                x.narrow(0, row % 2, 1), level, stageC.condition(text.narrow(0, row, 1)));
        assertClose(shared.narrow(0, row, 1), alone, TOLERANCE);
      }
    }
  }

  @Test
  void stageBUnderGuidance() {
    StageBConfig config = StageBConfig.read(reference.config("decoder/decoder"));
    try (Scope scope = Scope.open();
        Generator random = new Generator(SEED);
        StageB stageB = reference.network("decoder/decoder", p -> new StageB(config, p))) {
      Tensor x = random.normal(DType.FLOAT32, 2, config.latentChannels(), 32, 48);
      Tensor text = random.normal(DType.FLOAT32, 4, 77, config.textWidth());
      Tensor semantics = random.normal(DType.FLOAT32, 2, config.semanticChannels(), 3, 5);
      Tensor rows = Tensor.cat(List.of(semantics, semantics.times(0)), 0);
      NoiseLevels level = stageB.levels(Tensor.full(0.7, DType.FLOAT32, 1));

      Tensor shared = stageB.denoise(x, level, stageB.condition(text, rows, 32, 48));

      Tensor both = Tensor.cat(List.of(x, x), 0);
      NoiseLevels everyLevel = stageB.levels(Tensor.full(0.7, DType.FLOAT32, 4));
      assertClose(
          shared,
          stageB.denoise(both, everyLevel, stageB.condition(text, rows, 32, 48)),
          TOLERANCE);
      for (int row = 0; row < 4; row++) {
        StageB.Conditioning one =
            stageB.condition(text.narrow(0, row, 1), rows.narrow(0, row, 1), 32, 48);
        assertClose(
            shared.narrow(0, row, 1),
            stageB.denoise(x.narrow(0, row % 2, 1), level, one),
            TOLERANCE);
      }
    }
  }
}
