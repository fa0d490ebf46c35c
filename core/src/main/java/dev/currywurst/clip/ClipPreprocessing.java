package dev.currywurst.clip;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.ConfigFile;
import java.util.List;

/**
 * What happens to a picture before CLIP sees it: the shorter side is resized, the centre cut out,
 * and each channel normalised. {@code CLIPImageProcessor} in transformers, with Pillow's
 * arithmetic.
 *
 * @param shortest the shorter side after resizing, in pixels
 * @param crop the side of what is cut out
 * @param filter how pictures are resized, {@code resample}
 * @param mean of each channel, 0 to 1
 * @param deviation of each channel
 */
public record ClipPreprocessing(
    int shortest, int crop, Resize.Filter filter, List<Double> mean, List<Double> deviation) {
  /** The file's name in a published model. */
  public static final String FILE = "preprocessor_config.json";

  private static final List<Double> MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
  private static final List<Double> DEVIATION = List.of(0.26862954, 0.26130258, 0.27577711);
  private static final double BYTE = 1 / 255.0;

  public ClipPreprocessing {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (crop < 1 || shortest < crop) {
      throw new CurrywurstException(
          "Pictures whose shorter side is resized to %d pixels cannot be cut to %d; give a size of at least crop_size."
              .formatted(shortest, crop));
    }
    if (mean.size() != 3 || deviation.size() != 3 || deviation.stream().anyMatch(d -> d <= 0)) {
      throw new CurrywurstException(
          "image_mean and image_std need three numbers each, the latter above 0.");
    }
  }

  /** The original's, for pictures of another size. */
  public static ClipPreprocessing of(int side) {
    return new ClipPreprocessing(side, side, Resize.Filter.BICUBIC, MEAN, DEVIATION);
  }

  /**
   * Reads a published {@code preprocessor_config.json}.
   *
   * @param side of the pictures where it says nothing
   * @throws CurrywurstException if it leaves a step out, which CLIP's never does
   */
  public static ClipPreprocessing read(ConfigFile file, int side) {
    for (String step :
        List.of("do_resize", "do_center_crop", "do_normalize", "do_rescale", "do_convert_rgb")) {
      if (!file.booleanValue(true, step)) {
        throw new CurrywurstException(
            "%s: %s is false; pictures can be prepared with all of the usual steps alone."
                .formatted(file.origin(), step));
      }
    }
    double factor = file.doubleValue(BYTE, "rescale_factor");
    if (Math.abs(factor - BYTE) > 1e-6) {
      throw new CurrywurstException(
          "%s: rescale_factor is %s where 1/255 is expected.".formatted(file.origin(), factor));
    }
    return new ClipPreprocessing(
        pixels(file, "size", side),
        pixels(file, "crop_size", side),
        filter(file),
        file.doubleList(MEAN, "image_mean"),
        file.doubleList(DEVIATION, "image_std"));
  }

  /** A number, or an object with the shortest edge, or with two equal sides. */
  private static int pixels(ConfigFile file, String name, int fallback) {
    JsonNode node = file.node(name);
    if (!node.isObject()) {
      return file.intValue(fallback, name);
    }
    ConfigFile own = ConfigFile.of(file.origin() + ", " + name, node);
    int side = own.intValue(fallback, "shortest_edge", "height");
    if (own.intValue(side, "width") != side) {
      throw new CurrywurstException(
          "%s: %s is no square, and what the model sees is one.".formatted(file.origin(), name));
    }
    return side;
  }

  private static Resize.Filter filter(ConfigFile file) {
    int number = file.intValue(3, "resample");
    return switch (number) {
      case 0 -> Resize.Filter.NEAREST;
      case 1 -> Resize.Filter.LANCZOS;
      case 2 -> Resize.Filter.BILINEAR;
      case 3 -> Resize.Filter.BICUBIC;
      case 4 -> Resize.Filter.BOX;
      default ->
          throw new CurrywurstException(
              "%s: resample is %d; give 0 to 4 as Pillow numbers its filters."
                  .formatted(file.origin(), number));
    };
  }

  /** The part of a picture that CLIP sees, {@code crop} pixels a side. */
  public Image cut(Image picture) {
    Image small = Resize.shortSide(picture, shortest, filter);
    return small.crop((small.width() - crop) / 2, (small.height() - crop) / 2, crop, crop);
  }

  /** Pictures as CLIP's tower takes them: [n, 3, crop, crop]. */
  public Tensor apply(List<Image> pictures) {
    return Scope.tidy(
        () -> {
          int each = 3 * crop * crop;
          float[] values = new float[Math.multiplyExact(pictures.size(), each)];
          for (int i = 0; i < pictures.size(); i++) {
            System.arraycopy(cut(pictures.get(i)).planes(), 0, values, i * each, each);
          }
          return normalise(Tensor.of(values, pictures.size(), 3, crop, crop));
        });
  }

  /** Pictures [n, 3, H, W] from 0 to 1, each channel with its mean removed and scaled. */
  public Tensor normalise(Tensor pictures) {
    return Scope.tidy(() -> pictures.minus(channels(mean)).dividedBy(channels(deviation)));
  }

  private static Tensor channels(List<Double> values) {
    float[] floats = new float[3];
    for (int i = 0; i < 3; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return Tensor.of(floats, 1, 3, 1, 1);
  }

  /** Pillow's number of a filter. */
  private int resample() {
    return switch (filter) {
      case NEAREST -> 0;
      case LANCZOS -> 1;
      case BILINEAR -> 2;
      case BICUBIC -> 3;
      case BOX -> 4;
    };
  }

  /** As {@link #read} takes it. */
  public ObjectNode toJson() {
    ObjectNode json =
        ConfigFile.newObject()
            .put("image_processor_type", "CLIPImageProcessor")
            .put("do_convert_rgb", true)
            .put("do_resize", true)
            .put("do_center_crop", true)
            .put("do_rescale", true)
            .put("do_normalize", true)
            .put("resample", resample())
            .put("rescale_factor", BYTE);
    json.putObject("size").put("shortest_edge", shortest);
    json.putObject("crop_size").put("height", crop).put("width", crop);
    put(json.putArray("image_mean"), mean);
    put(json.putArray("image_std"), deviation);
    return json;
  }

  private static void put(ArrayNode array, List<Double> values) {
    values.forEach(value -> array.add(value.doubleValue()));
  }
}
