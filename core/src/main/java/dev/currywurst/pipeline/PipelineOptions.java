package dev.currywurst.pipeline;

import dev.currywurst.lora.LoraMerge;
import dev.currywurst.lora.LoraPart;
import dev.currywurst.lora.ScaledLora;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Engine;
import dev.currywurst.weights.WeightChange;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * @param weightChanges what networks' weights become while they are loaded, see {@link #withLoras}
 */
public record PipelineOptions(
    Optional<DType> priorType,
    Optional<DType> decoderType,
    Device device,
    boolean keepLoaded,
    long batchPixels,
    Map<Component, WeightChange> weightChanges) {
  private static final long MEGAPIXEL = 1 << 20;

  public PipelineOptions {
    weightChanges = Map.copyOf(weightChanges);
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
    return new PipelineOptions(
        Optional.empty(), Optional.empty(), Device.CPU, false, MEGAPIXEL, Map.of());
  }

  /** With one type for all networks. */
  public PipelineOptions withType(DType type) {
    return new PipelineOptions(
        Optional.of(type), Optional.of(type), device, keepLoaded, batchPixels, weightChanges);
  }

  public PipelineOptions withPriorType(DType type) {
    return new PipelineOptions(
        Optional.of(type), decoderType, device, keepLoaded, batchPixels, weightChanges);
  }

  public PipelineOptions withDecoderType(DType type) {
    return new PipelineOptions(
        priorType, Optional.of(type), device, keepLoaded, batchPixels, weightChanges);
  }

  public PipelineOptions withDevice(Device newDevice) {
    return new PipelineOptions(
        priorType, decoderType, newDevice, keepLoaded, batchPixels, weightChanges);
  }

  public PipelineOptions withKeepLoaded(boolean keep) {
    return new PipelineOptions(priorType, decoderType, device, keep, batchPixels, weightChanges);
  }

  public PipelineOptions withBatchPixels(long pixels) {
    return new PipelineOptions(priorType, decoderType, device, keepLoaded, pixels, weightChanges);
  }

  /**
   * With LoRAs merged into Stage C and its text tower as these are loaded: generation is as fast as
   * without. The model's files stay as they are, and a pipeline without LoRAs reads them again.
   */
  public PipelineOptions withLoras(List<ScaledLora> loras) {
    PipelineOptions options = this;
    for (LoraPart part : LoraPart.values()) {
      Optional<WeightChange> change = LoraMerge.of(loras, part);
      if (change.isPresent()) {
        options = options.withWeightChange(Component.of(part), change.get());
      }
    }
    return options;
  }

  /** With a change to the weights of one network, after those that it has already. */
  public PipelineOptions withWeightChange(Component component, WeightChange change) {
    Map<Component, WeightChange> changes = new HashMap<>(weightChanges);
    changes.merge(component, change, WeightChange::then);
    return new PipelineOptions(priorType, decoderType, device, keepLoaded, batchPixels, changes);
  }

  /** The type asked for, or bfloat16 where the processor multiplies it natively, else float32. */
  DType resolved(Optional<DType> asked) {
    return asked.orElseGet(
        () ->
            device == Device.CUDA || Engine.multipliesBfloat16() ? DType.BFLOAT16 : DType.FLOAT32);
  }
}
