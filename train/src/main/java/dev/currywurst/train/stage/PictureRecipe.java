package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.data.Preparation;
import dev.currywurst.train.data.Preparation.Augmentation;
import dev.currywurst.train.data.Preparation.Trim;
import dev.currywurst.train.data.Split;
import dev.currywurst.train.source.Columns;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The "data" part of a configuration: how pictures become samples, and which are held out.
 *
 * @param plan how pictures become samples
 * @param columns where the set keeps pictures and captions: {@code image_column} and {@code
 *     caption_column}
 * @param heldOut the part of the pictures that is never trained on, from 0 (then losses of such
 *     pictures are not told) to below 1
 * @param most pictures that are taken, from anywhere in the set: their content decides which
 * @param settings as they were read, defaults included
 */
public record PictureRecipe(
    PictureBatches.Plan plan, Columns columns, double heldOut, int most, ObjectNode settings) {
  /** As it stands in descriptions of runs that do not trim. */
  private static final double NO_TRIM = -1;

  private static final String COUNT = "pictures";
  private static final String FINGERPRINT = "pictures_and_captions";

  /**
   * Reads the part.
   *
   * @param resolution of the samples, in pixels
   * @throws CurrywurstException if a setting is unknown or out of its range
   */
  public static PictureRecipe read(ConfigFile data, int resolution) {
    BoundedConfig numbers = new BoundedConfig(data);
    double trim = data.doubleValue(NO_TRIM, "trim_margin");
    if (trim != NO_TRIM) {
      trim = numbers.share(0, "trim_margin");
    }
    int tolerance = numbers.whole(0, 255, 0, "trim_tolerance");
    double flip = numbers.share(0, "flip");
    double shift = numbers.between(0, 0.5, 0, "shift");
    double recoloured = numbers.share(0, "recolour");
    double heldOut = numbers.between(0, 0.9, 0.1, "held_out");
    int variants = numbers.atLeast(0, 0, "variants");
    Preparation plain = Preparation.centerCrop(resolution);
    Preparation preparation =
        new Preparation(
            resolution,
            plain.background(),
            plain.filter(),
            trim == NO_TRIM ? Optional.empty() : Optional.of(new Trim(trim, tolerance)),
            new Augmentation(flip, shift, data.booleanValue(false, "random_crop")));
    Optional<Integer> step = bucketStep(data, resolution);
    if (step.isPresent() && trim != NO_TRIM) {
      throw new CurrywurstException(
          "%s asks for aspect_buckets and trim_margin; trimmed pictures are squares, so choose one."
              .formatted(data.origin()));
    }
    Columns columns = new Columns(name(data, "image_column"), name(data, "caption_column"));
    String most = "max_train_samples";
    int limit = data.has(most) ? numbers.atLeast(1, 1, most) : Integer.MAX_VALUE;
    data.requireAllKnown();
    return new PictureRecipe(
        new PictureBatches.Plan(preparation, recoloured, variants, step),
        columns,
        heldOut,
        limit,
        data.effective());
  }

  /** What a run says about its data: the settings, how many pictures there are, and which. */
  public ObjectNode describe(List<CaptionedImage> images) {
    ObjectNode data = settings.deepCopy();
    data.put(COUNT, images.size());
    data.put(FINGERPRINT, new Fingerprint().addPictures(images).hex());
    return data;
  }

  /** Reads what {@link #describe} made. */
  public static PictureRecipe described(ObjectNode data, int resolution) {
    return read(
        ConfigFile.of("the run's data", data.deepCopy().remove(List.of(COUNT, FINGERPRINT))),
        resolution);
  }

  /** Sides of samples in steps that the published model's latents like, or finer for small ones. */
  private static Optional<Integer> bucketStep(ConfigFile data, int resolution) {
    if (!data.has("aspect_buckets") || !data.booleanValue(false, "aspect_buckets")) {
      return Optional.empty();
    }
    int usual = resolution >= 512 ? 128 : resolution >= 256 ? 64 : 32;
    int step = new BoundedConfig(data).atLeast(1, Math.min(usual, resolution), "bucket_step");
    if (resolution % step != 0) {
      throw new CurrywurstException(
          "%s: a resolution of %d is no multiple of the bucket_step of %d; change one of them."
              .formatted(data.origin(), resolution, step));
    }
    return Optional.of(step);
  }

  /** Only where it is given, so that descriptions of earlier runs stay what they are. */
  private static Optional<String> name(ConfigFile data, String key) {
    return data.has(key) ? Optional.of(data.stringValue("", key)) : Optional.empty();
  }

  /**
   * Holds pictures out: none if held_out is 0 or there is one picture alone.
   *
   * @throws CurrywurstException if there is nothing to train on
   */
  public Split split(List<CaptionedImage> images, Path folder) {
    Split split = Split.byContent(some(images), heldOut);
    if (split.training().isEmpty()) {
      throw new CurrywurstException(
          "%s has too few pictures (%d to train on, %d held out); add pictures or change held_out in the configuration's data."
              .formatted(folder, split.training().size(), split.heldOut().size()));
    }
    if (split.training().stream().allMatch(image -> image.weight() == 0)) {
      throw new CurrywurstException(
          "%s has no picture with a weight above 0; there is nothing to train on."
              .formatted(folder));
    }
    return split;
  }

  /** As many as are wanted, anywhere in the set: it may be sorted. Their content decides. */
  private List<CaptionedImage> some(List<CaptionedImage> images) {
    if (images.size() <= most) {
      return images;
    }
    // The hash's second half: its first bits decide what is held out.
    Set<CaptionedImage> chosen =
        images.stream()
            .sorted(Comparator.comparing(image -> image.contentHash().substring(32)))
            .limit(most)
            .collect(
                Collectors.toCollection(() -> Collections.newSetFromMap(new IdentityHashMap<>())));
    return images.stream().filter(chosen::contains).toList();
  }
}
