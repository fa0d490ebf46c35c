package dev.currywurst.cli;

import dev.currywurst.diffusion.Timesteps;
import dev.currywurst.image.GenerationParameters;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.DType;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a picture's file tells of its making: all that is needed to make it again. */
final class PictureText {
  private static final String SAMPLER = "DDPM Wuerstchen";

  private PictureText() {}

  /**
   * Prompt and settings of a picture.
   *
   * @param model its name
   * @param loras names and scales of those that were merged, or nothing
   */
  static GenerationParameters of(
      GenerationRequest request,
      GeneratedImage picture,
      String model,
      String loras,
      WuerstchenPipeline pipeline) {
    Map<String, String> settings = new LinkedHashMap<>();
    Timesteps levels = request.timesteps();
    settings.put(GenerationParameters.STEPS, Integer.toString(levels.steps()));
    settings.put(GenerationParameters.SAMPLER, SAMPLER);
    settings.put(GenerationParameters.CFG_SCALE, number(request.guidance()));
    settings.put(GenerationParameters.SEED, Long.toString(picture.seed()));
    settings.put(
        GenerationParameters.SIZE, picture.image().width() + "x" + picture.image().height());
    settings.put(GenerationParameters.MODEL, model);
    // Galleries show the rest as it is.
    if (!loras.isEmpty()) {
      settings.put("Lora", loras);
    }
    settings.put("Timesteps", timesteps(levels));
    settings.put("Decoder steps", Integer.toString(request.decoderTimesteps().steps()));
    settings.put("Decoder CFG scale", number(request.decoderGuidance()));
    settings.put("Precision", precision(pipeline.priorType(), pipeline.decoderType()));
    settings.put("Version", "currywurst " + Main.Version.text());
    return new GenerationParameters(picture.prompt(), picture.negativePrompt(), settings);
  }

  private static String timesteps(Timesteps levels) {
    if (levels.equals(Timesteps.STAGE_C)) {
      return "recommended";
    }
    return levels.equals(Timesteps.evenlySpaced(levels.steps())) ? "even" : levels.toString();
  }

  private static String precision(DType prior, DType decoder) {
    return prior == decoder ? prior.toString() : prior + " and " + decoder;
  }

  /** 4 rather than 4.0, as other programs write it. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
