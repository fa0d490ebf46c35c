package dev.currywurst.pipeline;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.SafetensorsWriter;
import dev.currywurst.weights.WeightFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The meaning of a picture, 42 times smaller: what the image encoder makes of one, or Stage C of a
 * prompt, and what Stage B turns back into a picture. {@code image_embeddings} in diffusers.
 *
 * @param grid in the image encoder's scale (Stage C itself works on (e + 1) / 42)
 */
public record StageCLatents(LatentGrid grid) {
  private static final String TENSOR = "image_embeddings";
  private static final String KIND = "currywurst.kind";
  private static final String STAGE_C = "stage_c_latents";

  /**
   * Writes a safetensors file with the tensor {@code image_embeddings} [1, channels, height,
   * width].
   *
   * @param remarks for the file's readers, such as the prompt
   * @throws CurrywurstException if it cannot be written
   */
  public void save(Path file, Map<String, String> remarks) {
    Map<String, String> metadata = new LinkedHashMap<>(remarks);
    metadata.put(KIND, STAGE_C);
    try (Scope scope = Scope.open()) {
      SafetensorsWriter.write(file, Map.of(TENSOR, grid.toTensor()), metadata);
    }
  }

  /**
   * Reads what {@link #save} wrote, or any safetensors file with one such tensor.
   *
   * @throws CurrywurstException if the file is broken or holds something else
   */
  public static StageCLatents load(Path file) {
    WeightFile weights = WeightFile.open(file);
    String kind = weights.metadata().getOrDefault(KIND, STAGE_C);
    if (!kind.equals(STAGE_C) || !weights.names().contains(TENSOR)) {
      throw new CurrywurstException(
          "%s does not hold Stage C latents: it has no tensor %s.".formatted(file, TENSOR));
    }
    try (Scope scope = Scope.open()) {
      Tensor tensor = weights.tensor(TENSOR);
      boolean single = tensor.dims() == 3 || (tensor.dims() == 4 && tensor.size(0) == 1);
      if (!single || tensor.elements() == 0) {
        throw new CurrywurstException(
            "%s: %s has shape %s where [1, channels, height, width] is expected."
                .formatted(file, TENSOR, Arrays.toString(tensor.shape())));
      }
      if (!tensor.allFinite()) {
        throw new CurrywurstException(file + ": " + TENSOR + " has values that are not finite.");
      }
      return new StageCLatents(LatentGrid.of(tensor));
    }
  }
}
