package dev.currywurst.blip;

import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import java.util.List;

/**
 * What happens to a picture before BLIP sees it: it is brought to a square, whatever its ratio, and
 * each channel is normalised. {@code BlipImageProcessor} in transformers, with Pillow's arithmetic.
 *
 * @param side of the square in pixels
 * @param mean of each channel, 0 to 1
 * @param deviation of each channel
 */
record BlipPreprocessing(int side, List<Double> mean, List<Double> deviation) {
  static final String FILE = "preprocessor_config.json";

  private static final List<Double> MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
  private static final List<Double> DEVIATION = List.of(0.26862954, 0.26130258, 0.27577711);

  /** CLIP's numbers, for pictures of the tower's own size. */
  static BlipPreprocessing of(int side) {
    return new BlipPreprocessing(side, MEAN, DEVIATION);
  }

  /** Reads a published {@code preprocessor_config.json}. */
  static BlipPreprocessing read(ConfigFile file, int side) {
    return new BlipPreprocessing(
        side, file.doubleList(MEAN, "image_mean"), file.doubleList(DEVIATION, "image_std"));
  }

  /** [1, 3, side, side]. */
  Tensor apply(Image picture) {
    return Scope.tidy(
        () -> {
          Image square = Resize.resize(picture, side, side, Resize.Filter.BICUBIC);
          return Tensor.of(square.planes(), 1, 3, side, side)
              .minus(channels(mean))
              .dividedBy(channels(deviation));
        });
  }

  private static Tensor channels(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return Tensor.of(floats, 1, floats.length, 1, 1);
  }
}
