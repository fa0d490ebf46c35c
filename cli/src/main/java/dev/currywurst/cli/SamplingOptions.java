package dev.currywurst.cli;

import dev.currywurst.pipeline.GenerationRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How prompts are followed, and how large pictures are. */
final class SamplingOptions {
  @Option(
      names = "--guidance",
      paramLabel = "X",
      defaultValue = "4",
      description =
          "How much Stage C follows the prompt; 1 and less switch guidance off, which halves its"
              + " work. Default: ${DEFAULT-VALUE}")
  private double guidance;

  @Mixin private DecoderOptions decoder = new DecoderOptions();

  @Option(names = "--width", paramLabel = "W", description = "In pixels. Default: the model's own.")
  private @Nullable Integer width;

  @Option(
      names = "--height",
      paramLabel = "H",
      description = "In pixels. Default: the model's own.")
  private @Nullable Integer height;

  /** The request with what was given. */
  GenerationRequest of(GenerationRequest request) {
    GenerationRequest guided =
        request
            .withGuidance(guidance)
            .withDecoderSteps(decoder.steps())
            .withDecoderGuidance(decoder.guidance());
    GenerationRequest wide = width == null ? guided : guided.withWidth(width);
    return height == null ? wide : wide.withHeight(height);
  }
}
