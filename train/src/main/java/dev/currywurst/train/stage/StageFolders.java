package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes single components as diffusers reads them: a folder with a config and weights. */
final class StageFolders {
  private static final int SAMPLES = 256;

  private StageFolders() {}

  static void saveComponent(Path folder, ObjectNode config, Map<String, Tensor> weights) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.json"), config.toPrettyString());
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be written: " + e.getMessage(), e);
    }
    SafetensorsWriter.write(folder.resolve("diffusion_pytorch_model.safetensors"), weights);
  }

  /**
   * Saves Stage A with its latents' deviation over the training pictures as {@code scale_factor},
   * so that Stage B works on latents of deviation 1.
   */
  static void saveStageA(StageA network, PictureBatches training, Path modelFolder) {
    double deviation = latentDeviation(network, training);
    StageAConfig c = network.config();
    StageAConfig scaled =
        new StageAConfig(
            c.pictureChannels(),
            c.patchSize(),
            c.levels(),
            c.bottleneckBlocks(),
            c.width(),
            c.latentChannels(),
            c.codes(),
            deviation);
    saveComponent(
        modelFolder.resolve("decoder").resolve("vqgan"),
        scaled.toJson(),
        network.parameters().state());
  }

  private static double latentDeviation(StageA network, PictureBatches training) {
    int count = Math.min(SAMPLES, training.size());
    double sum = 0;
    double square = 0;
    long values = 0;
    for (int i = 0; i < count; i++) {
      int sample = i;
      float[] latents =
          Grad.off(
              () -> {
                try (Scope scope = Scope.open()) {
                  return network.encode(training.plain(sample, 1).tensor()).toFloats();
                }
              });
      for (float value : latents) {
        sum += value;
        square += (double) value * value;
      }
      values += latents.length;
    }
    double mean = sum / values;
    return Math.sqrt(square / values - mean * mean);
  }
}
