package dev.currywurst.clip;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.Tensor;
import java.util.List;

/** What makes numbers of pictures so that pictures that are alike have numbers that are alike. */
public interface Embedder {
  /** How many numbers a picture has. */
  int dimension();

  /**
   * Embeds pictures of any size.
   *
   * @return [n, dimension], float32 on the CPU, owned by the open scope, as long as they come out:
   *     divide by their length to compare directions
   */
  Tensor embedImages(List<Image> images);
}
