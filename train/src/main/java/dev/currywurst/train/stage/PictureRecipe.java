package dev.currywurst.train.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.data.Preparation;
import dev.currywurst.train.data.Preparation.Augmentation;
import dev.currywurst.train.data.Preparation.Trim;
import dev.currywurst.train.data.Split;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The "data" part of a configuration: how pictures become samples, and which are held out.
 *
 * @param plan how pictures become samples
 * @param heldOut the part of the pictures that is never trained on, from 0 to below 1
 * @param settings as they were read, defaults included
 */
public record PictureRecipe(PictureBatches.Plan plan, double heldOut, ObjectNode settings) {
  /**
   * Reads the part.
   *
   * @param resolution of the samples, in pixels
   * @throws CurrywurstException if a setting is unknown or out of its range
   */
  public static PictureRecipe read(ConfigFile data, int resolution) {
    double trim = data.doubleValue(-1, "trim_margin");
    int tolerance = data.intValue(0, "trim_tolerance");
    double flip = data.doubleValue(0, "flip");
    double shift = data.doubleValue(0, "shift");
    double recoloured = data.doubleValue(0, "recolour");
    double heldOut = data.doubleValue(0.1, "held_out");
    int variants = data.intValue(0, "variants");
    share(data, "flip", flip, 1);
    share(data, "shift", shift, 0.5);
    share(data, "recolour", recoloured, 1);
    share(data, "held_out", heldOut, 0.9);
    share(data, "trim_tolerance", tolerance, 255);
    if (trim > 1 || variants < 0) {
      throw new CurrywurstException(
          "%s: trim_margin is at most 1 and variants at least 0, not %s and %d."
              .formatted(data.origin(), trim, variants));
    }
    Preparation plain = Preparation.centerCrop(resolution);
    Preparation preparation =
        new Preparation(
            resolution,
            plain.background(),
            plain.filter(),
            trim < 0 ? Optional.empty() : Optional.of(new Trim(trim, tolerance)),
            new Augmentation(flip, shift, data.booleanValue(false, "random_crop")));
    data.requireAllKnown();
    return new PictureRecipe(
        new PictureBatches.Plan(preparation, recoloured, variants), heldOut, data.effective());
  }

  private static void share(ConfigFile data, String name, double value, double most) {
    if (!(value >= 0 && value <= most)) {
      throw new CurrywurstException(
          "%s: %s is %s; give 0 to %s.".formatted(data.origin(), name, value, most));
    }
  }

  /**
   * Holds pictures out.
   *
   * @throws CurrywurstException if none is left on one of the sides
   */
  public Split split(List<CaptionedImage> images, Path folder) {
    Split split = Split.byContent(images, heldOut);
    if (split.training().isEmpty() || split.heldOut().isEmpty()) {
      throw new CurrywurstException(
          "%s has too few pictures (%d to train on, %d held out); add pictures or change held_out in the configuration's data."
              .formatted(folder, split.training().size(), split.heldOut().size()));
    }
    return split;
  }
}
