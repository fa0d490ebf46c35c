package dev.currywurst.blip;

import dev.currywurst.clip.ClipPreprocessing;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;

/**
 * What happens to a picture before BLIP sees it: it is brought to a square, whatever its ratio, and
 * each channel is normalised. {@code BlipImageProcessor} in transformers, with Pillow's arithmetic.
 *
 * @param numbers side, filter and normalisation, which files tell as they do for CLIP
 */
record BlipPreprocessing(ClipPreprocessing numbers) {
  static final String FILE = ClipPreprocessing.FILE;

  /** CLIP's numbers, for pictures of the tower's own size. */
  static BlipPreprocessing of(int side) {
    return new BlipPreprocessing(ClipPreprocessing.of(side));
  }

  /**
   * Reads a published {@code preprocessor_config.json}.
   *
   * @param side that the tower takes
   * @throws CurrywurstException if it leaves a step out, or asks for another size
   */
  static BlipPreprocessing read(ConfigFile file, int side) {
    ClipPreprocessing numbers = ClipPreprocessing.read(file, side);
    if (numbers.shortest() != side) {
      throw new CurrywurstException(
          "%s: size is %d, but the model of config.json sees pictures of %d pixels a side."
              .formatted(file.origin(), numbers.shortest(), side));
    }
    return new BlipPreprocessing(numbers);
  }

  /** [1, 3, side, side]. */
  Tensor apply(Image picture) {
    int side = numbers.shortest(); // nothing is cut off
    return Scope.tidy(
        () -> {
          Image square = Resize.resize(picture, side, side, numbers.filter());
          return numbers.normalise(Tensor.of(square.planes(), 1, 3, side, side));
        });
  }
}
