package dev.currywurst.cli;

import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Engine;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about how networks compute. */
final class ComputeOptions {
  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description =
          "What networks compute in: ${COMPLETION-CANDIDATES}. auto is bfloat16 where the"
              + " processor multiplies it natively (see doctor), else float32.")
  private Precision precision = Precision.AUTO;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Processor threads; by default one for each core.")
  private @Nullable Integer threads;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "${COMPLETION-CANDIDATES}; cuda needs a build with -Pcuda and an NVIDIA GPU.")
  private Device device = Device.CPU;

  /** The types as options spell them. */
  enum Precision {
    AUTO(Optional.empty()),
    FLOAT32(Optional.of("FLOAT32")),
    BFLOAT16(Optional.of("BFLOAT16")),
    FLOAT16(Optional.of("FLOAT16"));

    /** A name, not a {@link DType}: that class loads the engine, which help texts do not need. */
    private final Optional<String> type;

    Precision(Optional<String> type) {
      this.type = type;
    }

    /** The type, or nothing for the pipeline's own choice. */
    Optional<DType> type() {
      return type.map(DType::valueOf);
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Sets the threads, which are the engine's, and gives the rest. */
  PipelineOptions apply() {
    if (threads != null) {
      Engine.setThreads(threads);
    }
    PipelineOptions options = PipelineOptions.standard().withDevice(device);
    return precision.type().map(options::withType).orElse(options);
  }
}
