package dev.currywurst.cli;

import dev.currywurst.pipeline.GenerationRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How large pictures are. */
final class SizeOptions {
  @Option(names = "--width", paramLabel = "W", description = "In pixels. Default: the model's own.")
  private @Nullable Integer width;

  @Option(
      names = "--height",
      paramLabel = "H",
      description = "In pixels. Default: the model's own.")
  private @Nullable Integer height;

  /** The request with the sides that were given. */
  GenerationRequest of(GenerationRequest request) {
    GenerationRequest wide = width == null ? request : request.withWidth(width);
    return height == null ? wide : wide.withHeight(height);
  }
}
