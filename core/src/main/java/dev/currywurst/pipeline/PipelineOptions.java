package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Engine;
import java.util.Optional;

/**
 * How a pipeline computes.
 *
 * @param priorType of Stage C and its text tower; empty for the faster one, see {@link #resolved}
 * @param decoderType of Stages B and A and their text tower; empty for the faster one
 * @param device where the networks compute
 * @param keepLoaded whether networks stay in memory from call to call. Otherwise each is loaded
 *     when its turn comes and let go after it, so that only one takes memory at a time.
 * @param batchPixels how many pixels of pictures go through a network together; a picture that is
 *     larger goes alone
 */
public record PipelineOptions(
    Optional<DType> priorType,
    Optional<DType> decoderType,
    Device device,
    boolean keepLoaded,
    long batchPixels) {
  private static final long MEGAPIXEL = 1 << 20;

  public PipelineOptions {
    priorType.ifPresent(PipelineOptions::check);
    decoderType.ifPresent(PipelineOptions::check);
    if (batchPixels < 1) {
      throw new CurrywurstException(
          "The pixels of a batch are %d; give at least 1.".formatted(batchPixels));
    }
  }

  private static void check(DType type) {
    if (type != DType.FLOAT32 && type != DType.BFLOAT16 && type != DType.FLOAT16) {
      throw new CurrywurstException(
          "Networks compute in float32, bfloat16 or float16, not in " + type + ".");
    }
  }

  /** On the CPU, in the faster type, one network in memory at a time. */
  public static PipelineOptions standard() {
    return new PipelineOptions(Optional.empty(), Optional.empty(), Device.CPU, false, MEGAPIXEL);
  }

  /** With one type for all networks. */
  public PipelineOptions withType(DType type) {
    return new PipelineOptions(
        Optional.of(type), Optional.of(type), device, keepLoaded, batchPixels);
  }

  public PipelineOptions withPriorType(DType type) {
    return new PipelineOptions(Optional.of(type), decoderType, device, keepLoaded, batchPixels);
  }

  public PipelineOptions withDecoderType(DType type) {
    return new PipelineOptions(priorType, Optional.of(type), device, keepLoaded, batchPixels);
  }

  public PipelineOptions withDevice(Device newDevice) {
    return new PipelineOptions(priorType, decoderType, newDevice, keepLoaded, batchPixels);
  }

  public PipelineOptions withKeepLoaded(boolean keep) {
    return new PipelineOptions(priorType, decoderType, device, keep, batchPixels);
  }

  public PipelineOptions withBatchPixels(long pixels) {
    return new PipelineOptions(priorType, decoderType, device, keepLoaded, pixels);
  }

  /** The type asked for, or bfloat16 where the processor multiplies it natively, else float32. */
  DType resolved(Optional<DType> asked) {
    return asked.orElseGet(
        () ->
            device == Device.CUDA || Engine.multipliesBfloat16() ? DType.BFLOAT16 : DType.FLOAT32);
  }
}
