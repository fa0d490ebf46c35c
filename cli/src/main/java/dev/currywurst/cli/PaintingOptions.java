package dev.currywurst.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.PictureSize;
import dev.currywurst.pipeline.PipelineOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How prompts are painted where models are compared: each time with the same noise. */
final class PaintingOptions {
  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the first prompt's picture; the next one has the next. Default: 0")
  private long seed;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Equal steps of Stage C. Default: the recommended list of 29 unequal ones.")
  private @Nullable Integer steps;

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Mixin private ComputeOptions compute = new ComputeOptions();

  long seed() {
    return seed;
  }

  /** Sets the threads, which are the engine's, and gives how networks compute. */
  PipelineOptions computing() {
    return compute.apply();
  }

  /** One picture of each prompt. */
  GenerationRequest request(List<String> prompts) {
    GenerationRequest request = sampling.of(GenerationRequest.of(prompts).withSeed(seed));
    return steps == null ? request : request.withSteps(steps);
  }

  /**
   * Adds all of it to what a report tells about itself.
   *
   * @param natural the size of the model's pictures where none was asked for
   */
  void describe(ObjectNode settings, PictureSize natural) {
    GenerationRequest request = request(List.of("any"));
    PictureSize size = request.size(natural);
    settings
        .put("seed", seed)
        .put("guidance", request.guidance())
        .put("decoder_steps", request.decoderTimesteps().steps())
        .put("decoder_guidance", request.decoderGuidance())
        .put("width", size.width())
        .put("height", size.height());
    if (steps != null) {
      settings.put("steps", steps);
    }
  }
}
