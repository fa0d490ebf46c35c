package dev.currywurst.bench;

import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.Image;
import dev.currywurst.nn.Parameters;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import dev.currywurst.weights.WeightFile;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.NoiseLevels;
import dev.currywurst.wuerstchen.StageA;
import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageB;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageC;
import dev.currywurst.wuerstchen.StageCConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** What {@link JavaSide} runs, over and over. */
interface Work {
  /** Of Stage C's recommended list, which requests take unless they say otherwise. */
  int PUBLISHED_STEPS = Timesteps.STAGE_C.steps();

  /** The result belongs to the open scope. */
  Tensor run();

  /** A network's one pass, over weights and inputs that stay in the open scope. */
  static Work stage(Case.Subject subject, Path model, DType dtype, Path inputs) {
    WeightFile in = WeightFile.open(inputs);
    Tensor level = Tensor.full(0.5, DType.FLOAT32, 1);
    return switch (subject) {
      case C -> {
        Path folder = model.resolve("prior/prior");
        StageCConfig config = StageCConfig.read(config(folder));
        StageC network = network(folder, dtype, p -> new StageC(config, p));
        StageC.Conditioning conditioning = network.condition(in.tensor("c.text").to(dtype));
        Tensor latents = in.tensor("c.latents").to(dtype);
        NoiseLevels levels = network.levels(level);
        yield () -> network.denoise(latents, levels, conditioning);
      }
      case B, GUIDED -> {
        boolean guided = subject == Case.Subject.GUIDED;
        Path folder = model.resolve("decoder/decoder");
        StageBConfig config = StageBConfig.read(config(folder));
        StageB network = network(folder, dtype, p -> new StageB(config, p));
        Tensor latents = in.tensor("b.latents").to(dtype);
        Tensor text = in.tensor("b.text").to(dtype);
        Tensor semantics = in.tensor("b.semantics").to(dtype);
        StageB.Conditioning conditioning =
            network.condition(
                guided ? Tensor.cat(List.of(text, text.negate()), 0) : text,
                guided ? Tensor.cat(List.of(semantics, semantics.times(0)), 0) : semantics,
                latents.size(2),
                latents.size(3));
        NoiseLevels levels = network.levels(level);
        yield () -> network.denoise(latents, levels, conditioning);
      }
      case A -> {
        Path folder = model.resolve("decoder/vqgan");
        StageAConfig config = StageAConfig.read(config(folder));
        StageA network = network(folder, dtype, p -> new StageA(config, p));
        Tensor latents = in.tensor("a.latents").to(dtype);
        yield () -> network.decode(latents);
      }
      default -> throw new IllegalArgumentException("not a stage: " + subject);
    };
  }

  private static ConfigFile config(Path folder) {
    return ConfigFile.read(folder.resolve("config.json"));
  }

  private static <T> T network(Path folder, DType dtype, Function<Parameters, T> constructor) {
    WeightFile weights = WeightFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
    return WeightSource.frozen(weights, dtype, Device.CPU).build(constructor);
  }

  /**
   * A whole picture.
   *
   * @param priorSteps 29 for the published list, others evenly spaced
   * @param keep whether networks stay in memory from picture to picture
   */
  static Work picture(
      Path model,
      DType dtype,
      int pixels,
      int priorSteps,
      int decoderSteps,
      double guidance,
      boolean keep) {
    PipelineOptions options = PipelineOptions.standard().withType(dtype).withKeepLoaded(keep);
    WuerstchenPipeline pipeline = WuerstchenPipeline.of(ModelFolder.open(model), options);
    GenerationRequest published =
        GenerationRequest.of("a small green dragon")
            .withSeed(1)
            .withSize(pixels, pixels)
            .withDecoderSteps(decoderSteps)
            .withGuidance(guidance);
    GenerationRequest request =
        priorSteps == PUBLISHED_STEPS ? published : published.withSteps(priorSteps);
    if (keep) {
      // Loads everything.
      pipeline.generate(request.withSize(128, 128).withSteps(1).withDecoderSteps(1));
    }
    return () -> {
      Image image = pipeline.generate(request).image();
      return Tensor.of(image.planes(), 1, 3, image.height(), image.width());
    };
  }
}
