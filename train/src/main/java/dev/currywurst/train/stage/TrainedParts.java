package dev.currywurst.train.stage;

import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Scope;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Networks that earlier runs trained, read for use in this one. */
final class TrainedParts {
  private TrainedParts() {}

  /** Reads a component folder: its config and its float32 weights. */
  static <C, N> N load(
      Path folder,
      String weights,
      Function<ConfigFile, C> config,
      BiFunction<C, Parameters, N> network) {
    if (!Files.isDirectory(folder)) {
      throw new CurrywurstException(
          folder + " is missing; train the stage that makes it first, or give its --model.");
    }
    C read = config.apply(ConfigFile.read(folder.resolve("config.json")));
    WeightFile file = WeightFile.open(folder.resolve(weights + ".safetensors"));
    try (Scope scope = Scope.open()) {
      return WeightSource.writable(file, Device.CPU).build(p -> network.apply(read, p));
    }
  }

  /** Names everything that a frozen encoder's outputs depend on beside the picture itself. */
  static String fingerprint(Path component, ConfigFile preparation, int resolution) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(Files.readAllBytes(component.resolve("config.json")));
      digest.update(Files.readAllBytes(component.resolve("diffusion_pytorch_model.safetensors")));
      digest.update((preparation.text() + resolution).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
    } catch (IOException e) {
      throw new CurrywurstException(component + " cannot be read: " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
