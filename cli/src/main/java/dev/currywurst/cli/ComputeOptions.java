package dev.currywurst.cli;

import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Mixin;
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

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "${COMPLETION-CANDIDATES}; cuda needs a build with -Pcuda and an NVIDIA GPU.")
  private Device device = Device.CPU;

  /** The types as options spell them. */
  enum Precision {
    AUTO(Optional.empty()),
    FLOAT32(Optional.of(DType.FLOAT32)),
    BFLOAT16(Optional.of(DType.BFLOAT16)),
    FLOAT16(Optional.of(DType.FLOAT16));

    /** Nothing for the pipeline's own choice. */
    private final Optional<DType> type;

    Precision(Optional<DType> type) {
      this.type = type;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Sets the threads, which are the engine's, and gives the rest. */
  PipelineOptions apply() {
    threads.apply();
    PipelineOptions options = PipelineOptions.standard().withDevice(device);
    return precision.type.map(options::withType).orElse(options);
  }
}
