package dev.currywurst.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.nn.Init;
import dev.currywurst.nn.LayerNorm;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightSourceTest {
  @TempDir Path folder;

  private static Parameters norm(Parameters p) {
    LayerNorm unused = new LayerNorm(p.at("norm"), 3, 1e-5);
    return p;
  }

  private WeightFile file(String... names) {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : names) {
        tensors.put(name, Tensor.of(new float[] {1, 2, 3}, 3));
      }
      Path path = folder.resolve("model.safetensors");
      SafetensorsWriter.write(path, tensors);
      return WeightFile.open(path);
    }
  }

  @Test
  void tellsWhatIsMissingAndWhatIsLeftOver() {
    WeightFile file = file("norm.weight", "norm.gamma", "head.weight", "head.bias");
    assertThatThrownBy(
            () ->
                WeightSource.mapped(file, DType.FLOAT32, Device.CPU).build(WeightSourceTest::norm))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            file.path()
                + " does not fit the configuration beside it: 1 weight is missing (norm.bias) and"
                + " 3 weights are not known to the network (head.bias, head.weight, norm.gamma).");
  }

  @Test
  void tellsAShapeThatDoesNotFit() {
    WeightFile file = file("norm.weight", "norm.bias");
    WeightSource source = WeightSource.mapped(file, DType.FLOAT32, Device.CPU);
    assertThatThrownBy(() -> source.build(p -> new LayerNorm(p.at("norm"), 4, 1e-5)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("weight norm.weight has shape [3]")
        .hasMessageContaining("[4]");
  }

  @Test
  void ignoresCountersAndPositions() {
    WeightFile file =
        file("norm.weight", "norm.bias", "bn.num_batches_tracked", "embeddings.position_ids");
    try (Parameters p =
        WeightSource.mapped(file, DType.FLOAT32, Device.CPU).build(WeightSourceTest::norm)) {
      assertThat(p.weights()).containsOnlyKeys("norm.weight", "norm.bias");
    }
  }

  @Test
  void takesTextTowersWithAndWithoutTheirPrefix() {
    for (String prefix : new String[] {"", "text_model."}) {
      WeightFile file = file(prefix + "norm.weight", prefix + "norm.bias");
      WeightSource source = WeightSource.mapped(file, DType.FLOAT32, Device.CPU);
      try (Parameters p = source.build(q -> norm(q.at("text_model")))) {
        assertThat(p.state()).hasSize(2);
      }
    }
  }

  @Test
  void convertsToTheTypeAskedFor() {
    WeightFile file = file("norm.weight", "norm.bias");
    try (Parameters p =
            WeightSource.mapped(file, DType.BFLOAT16, Device.CPU).build(WeightSourceTest::norm);
        Scope scope = Scope.open()) {
      assertThat(p.dtype()).isEqualTo(DType.BFLOAT16);
      assertThat(p.weights().get("norm.bias").toFloats()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void trainingChangesACopy() {
    WeightFile file = file("norm.weight", "norm.bias");
    try (Parameters p = WeightSource.writable(file, Device.CPU).build(WeightSourceTest::norm);
        Scope scope = Scope.open()) {
      p.weights().get("norm.bias").timesInPlace(2);
      assertThat(file.tensor("norm.bias").toFloats()).containsExactly(1, 2, 3);
      assertThat(p.weights().get("norm.bias").toFloats()).containsExactly(2, 4, 6);
    }
  }

  /** The map goes with the last buffer on it, and that must be the weight's own. */
  @Test
  void mappedWeightsOutliveTheFileObject() {
    float[] values = new float[1 << 20];
    Arrays.fill(values, 7f);
    Path path = folder.resolve("large.safetensors");
    try (Scope scope = Scope.open()) {
      SafetensorsWriter.write(path, Map.of("w", Tensor.of(values, values.length)));
    }
    try (Parameters p =
            WeightSource.mapped(WeightFile.open(path), DType.FLOAT32, Device.CPU)
                .build(
                    q -> {
                      q.weight("w", Init.ZERO, values.length);
                      return q;
                    });
        Scope scope = Scope.open()) {
      for (int i = 0; i < 5; i++) {
        System.gc();
      }
      assertThat(p.weights().get("w").sum().item()).isEqualTo(7.0 * values.length);
    }
  }

  @Test
  void comparesNamesAndShapesWithoutReading() {
    WeightFile file = file("norm.weight");
    assertThatThrownBy(() -> WeightSource.shapes(file).build(WeightSourceTest::norm))
        .hasMessageContaining("1 weight is missing (norm.bias)");
  }
}
