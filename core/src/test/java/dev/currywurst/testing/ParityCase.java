package dev.currywurst.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.testkit.Fixtures;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import java.nio.file.Path;
import java.util.function.Function;

/** A folder of small models with random weights, and what diffusers computed with them. */
public record ParityCase(Path folder, WeightFile expected) {
  private static final String USUAL = "diffusion_pytorch_model.safetensors";

  /**
   * The stored case, or another one made by the same script, given with {@code
   * -Dcurrywurst.parity=FOLDER}.
   */
  public static ParityCase stored() {
    Path folder =
        Path.of(System.getProperty("currywurst.parity", Fixtures.wuerstchen().toString()));
    return new ParityCase(folder, WeightFile.open(folder.resolve("expected.safetensors")));
  }

  /** A stored input or output, owned by the open scope. */
  public Tensor tensor(String name) {
    return expected.tensor(name);
  }

  /** A component's configuration. */
  public ConfigFile config(String component) {
    return ConfigFile.read(folder.resolve(component).resolve("config.json"));
  }

  /** A component in float32. */
  public <T> T network(String component, String file, Function<Parameters, T> constructor) {
    WeightFile weights = WeightFile.open(folder.resolve(component).resolve(file));
    return WeightSource.mapped(weights, DType.FLOAT32, Device.CPU).build(constructor);
  }

  /** A component in the form that generation uses. */
  public <T> T frozen(String component, DType type, Function<Parameters, T> constructor) {
    WeightFile weights = WeightFile.open(folder.resolve(component).resolve(USUAL));
    return WeightSource.frozen(weights, type, Device.CPU).build(constructor);
  }

  /** A component in another type, with its weights as they are. */
  public <T> T network(String component, DType type, Function<Parameters, T> constructor) {
    WeightFile weights = WeightFile.open(folder.resolve(component).resolve(USUAL));
    return WeightSource.mapped(weights, type, Device.CPU).build(constructor);
  }

  /** A component under the usual file name. */
  public <T> T network(String component, Function<Parameters, T> constructor) {
    return network(component, USUAL, constructor);
  }

  /** The largest difference, as a share of the largest expected value. */
  public static double difference(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.allFinite()).isTrue();
    double largest = expected.abs().max().item();
    return actual.to(DType.FLOAT32).minus(expected).abs().max().item() / largest;
  }

  /** Checks that {@link #difference} is at most {@code tolerance}. */
  public static void assertClose(Tensor actual, Tensor expected, double tolerance) {
    assertThat(difference(actual, expected))
        .as("largest difference as a share of the largest value")
        .isLessThanOrEqualTo(tolerance);
  }
}
