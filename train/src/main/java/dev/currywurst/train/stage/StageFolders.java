package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.diffusion.CosineSchedule;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageC;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes single components as diffusers reads them: a folder with a config and weights. */
final class StageFolders {
  private static final int SAMPLES = 256;
  private static final String DIFFUSERS_VERSION = "0.42.1";

  private StageFolders() {}

  static void saveComponent(Path folder, ObjectNode config, Map<String, Tensor> weights) {
    writeJson(folder, "config.json", config.put("_diffusers_version", DIFFUSERS_VERSION));
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

  /** Saves everything from Stage C's latents to pixels, and the encoder that makes such latents. */
  static void saveStageB(
      StageA stageA, ImageEncoder encoder, StageB stageB, TextTower text, Path modelFolder) {
    Path decoder = modelFolder.resolve("decoder");
    saveComponent(
        decoder.resolve("decoder"), stageB.config().toJson(), stageB.parameters().state());
    saveComponent(decoder.resolve("vqgan"), stageA.config().toJson(), stageA.parameters().state());
    saveText(text, decoder);
    saveComponent(
        modelFolder.resolve("image_encoder"),
        encoder.config().toJson(),
        encoder.parameters().state());
    ObjectNode index = index("WuerstchenDecoderPipeline");
    entry(index, "decoder", "wuerstchen", "WuerstchenDiffNeXt");
    entry(index, "vqgan", "wuerstchen", "PaellaVQModel");
    // Published: 10.67, the ratio of Stage B's sides to Stage C's.
    double scale =
        (double) encoder.config().compression()
            / ImageEncoder.SCALE
            / stageA.config().compression();
    writeJson(decoder, "model_index.json", index.put("latent_dim_scale", ratio(scale)));
  }

  /** Saves Stage C and its text tower. */
  static void saveStageC(StageC stageC, TextTower text, StageCTargets targets, Path modelFolder) {
    Path prior = modelFolder.resolve("prior");
    saveComponent(prior.resolve("prior"), stageC.config().toJson(), stageC.parameters().state());
    saveText(text, prior);
    ObjectNode index = index("WuerstchenPriorPipeline");
    entry(index, "prior", "wuerstchen", "WuerstchenPrior");
    double multiple = targets.compression() / ImageEncoder.SCALE;
    writeJson(
        prior,
        "model_index.json",
        index
            .put("latent_mean", targets.scale().factor())
            .put("latent_std", targets.scale().offset())
            .put("resolution_multiple", ratio(multiple)));
  }

  /**
   * 42.67 for 42.666...: rounded up to two digits, as published, so that whole sides stay whole.
   */
  private static double ratio(double exact) {
    return Math.ceil(exact * 100 - 1e-9) / 100;
  }

  private static ObjectNode index(String pipeline) {
    ObjectNode index =
        ConfigFile.newObject()
            .put("_class_name", pipeline)
            .put("_diffusers_version", DIFFUSERS_VERSION);
    entry(index, "scheduler", "diffusers", "DDPMWuerstchenScheduler");
    entry(index, "text_encoder", "transformers", "CLIPTextModel");
    entry(index, "tokenizer", "transformers", "CLIPTokenizerFast");
    return index;
  }

  private static void entry(ObjectNode index, String name, String library, String type) {
    index.putArray(name).add(library).add(type);
  }

  private static void saveText(TextTower text, Path pipeline) {
    text.tokenizer().save(pipeline.resolve("tokenizer"));
    Path encoder = pipeline.resolve("text_encoder");
    writeJson(
        encoder,
        "config.json",
        text.encoder().config().toJson(text.tokenizer().beginId(), text.tokenizer().endId()));
    SafetensorsWriter.write(
        encoder.resolve("model.safetensors"), text.encoder().parameters().state());
    writeJson(
        pipeline.resolve("scheduler"),
        "scheduler_config.json",
        ConfigFile.newObject()
            .put("_class_name", "DDPMWuerstchenScheduler")
            .put("_diffusers_version", DIFFUSERS_VERSION)
            .put("s", CosineSchedule.STANDARD.s())
            .put("scaler", CosineSchedule.STANDARD.scaler()));
  }

  private static void writeJson(Path folder, String name, ObjectNode json) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve(name), json.toPrettyString());
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }
}
