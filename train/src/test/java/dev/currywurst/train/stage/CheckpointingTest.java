package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.nn.Checkpointing;
import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.train.optim.FlatWeights;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocks that are computed again on the way back, with the dropout of the way there. */
class CheckpointingTest {
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void changesNoGradient(DType dtype) {
    float[] plain = gradients(dtype, null);
    try (Checkpointing blocks = new Checkpointing(dtype)) {
      long before = Scope.liveTensors();
      float[] recomputed = gradients(dtype, blocks);
      assertThat(Scope.liveTensors()).isEqualTo(before);
      double largest = 0;
      double difference = 0;
      for (int i = 0; i < plain.length; i++) {
        largest = Math.max(largest, Math.abs(plain[i]));
        difference = Math.max(difference, Math.abs(plain[i] - recomputed[i]));
      }
      assertThat(largest).isGreaterThan(1e-3);
      // Sums over blocks may come in another order.
      assertThat(difference).isLessThan((dtype == DType.FLOAT32 ? 1e-6 : 2e-2) * largest);
    }
  }

  private static float[] gradients(DType dtype, @Nullable Checkpointing blocks) {
    Path folder = Fixtures.wuerstchen().resolve("prior/prior");
    StageCConfig config = StageCConfig.read(ConfigFile.read(folder.resolve("config.json")));
    WeightFile file = WeightFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
    WeightFile inputs = WeightFile.open(Fixtures.wuerstchen().resolve("expected.safetensors"));
    try (Scope scope = Scope.open();
        StageC stageC = WeightSource.writable(file, Device.CPU).build(p -> new StageC(config, p));
        FlatWeights flat = new FlatWeights(stageC.parameters().weights())) {
      assertThat(config.dropout()).isGreaterThan(0);
      Tensor x = inputs.tensor("train.0.x0");
      long[] seeds = new long[(int) x.size(0)];
      Tensor loss =
          Grad.autocast(
              Device.CPU,
              dtype,
              () -> {
                StageC.Conditioning text = stageC.condition(inputs.tensor("train.0.c"));
                Tensor noise =
                    stageC.denoise(
                        x,
                        stageC.levels(inputs.tensor("train.0.t")),
                        text,
                        Dropout.drawing(seeds),
                        blocks);
                return Functional.squaredError(noise, inputs.tensor("train.0.noise")).mean();
              });
      if (blocks == null) {
        loss.backward();
      } else {
        blocks.backward(loss);
      }
      return flat.gradients().toFloats();
    }
  }
}
