package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Resize.Filter;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.image.RgbaImage.Box;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Makes a square of {@code resolution} pixels from a picture of any size.
 *
 * <p>Without trimming: the shorter side is resized to the resolution and the longer side cropped,
 * as torchvision's {@code Resize} and {@code CenterCrop} in the training scripts do. With trimming:
 * what is drawn is cut out, padded to a square with the background and resized. Smaller pictures
 * are enlarged either way.
 *
 * @param resolution the side of the result in pixels
 * @param background the colour under transparent pixels and around trimmed ones
 * @param filter how sizes change; the training scripts use {@link Filter#BILINEAR}
 * @param trim if present, only what is drawn counts
 * @param augmentation what {@link #apply(RgbaImage, RandomGenerator)} may vary
 */
public record Preparation(
    int resolution, Rgb background, Filter filter, Optional<Trim> trim, Augmentation augmentation) {

  /**
   * Cutting away what is empty around a drawing.
   *
   * @param margin the empty border left on each side, as a part of the content's longer side
   * @param tolerance how far a pixel of a picture without transparent pixels may be from the
   *     background, in levels of 255, and still count as empty: 0 for drawings, about 10 for JPEG
   */
  public record Trim(double margin, int tolerance) {
    public Trim {
      if (!(margin >= 0 && margin <= 1) || tolerance < 0 || tolerance > 255) {
        throw new IllegalArgumentException("margin " + margin + ", tolerance " + tolerance);
      }
    }
  }

  /**
   * What differs each time a picture is seen.
   *
   * @param flip the chance that left and right are exchanged, 0 to 1
   * @param shift how far a trimmed picture moves at most in each direction, as a part of the
   *     square's side; the background moves in
   * @param randomCrop whether an untrimmed picture is cropped anywhere instead of at its centre
   */
  public record Augmentation(double flip, double shift, boolean randomCrop) {
    public static final Augmentation NONE = new Augmentation(0, 0, false);

    public Augmentation {
      if (!(flip >= 0 && flip <= 1) || !(shift >= 0 && shift <= 0.5)) {
        throw new IllegalArgumentException("flip " + flip + ", shift " + shift);
      }
    }
  }

  public Preparation {
    if (resolution < 1) {
      throw new IllegalArgumentException("a resolution of " + resolution);
    }
  }

  /** Bilinear on white without trimming or augmentation, as the published training scripts do. */
  public static Preparation centerCrop(int resolution) {
    return new Preparation(
        resolution, Rgb.WHITE, Filter.BILINEAR, Optional.empty(), Augmentation.NONE);
  }

  /** The same with trimming. */
  public static Preparation trimmed(int resolution, double margin) {
    return new Preparation(
        resolution,
        Rgb.WHITE,
        Filter.BILINEAR,
        Optional.of(new Trim(margin, 0)),
        Augmentation.NONE);
  }

  public Preparation withAugmentation(Augmentation other) {
    return new Preparation(resolution, background, filter, trim, other);
  }

  /** The picture without augmentation: for evaluation and caches. */
  public Image apply(RgbaImage picture) {
    return trim.isPresent() ? trimmed(picture, trim.get(), 0, 0) : centerCropped(picture);
  }

  /**
   * The picture as the generator's draws vary it. Five draws whatever the settings, so that
   * switching one augmentation on leaves the others as they were.
   */
  public Image apply(RgbaImage picture, RandomGenerator random) {
    double flip = random.nextDouble();
    double shiftX = (2 * random.nextDouble() - 1) * augmentation.shift;
    double shiftY = (2 * random.nextDouble() - 1) * augmentation.shift;
    double cropX = random.nextDouble();
    double cropY = random.nextDouble();
    Image image;
    if (trim.isPresent()) {
      image = trimmed(picture, trim.get(), shiftX, shiftY);
    } else if (augmentation.randomCrop) {
      image = randomCropped(picture, cropX, cropY);
    } else {
      image = centerCropped(picture);
    }
    return flip < augmentation.flip ? image.mirrored() : image;
  }

  private Image centerCropped(RgbaImage picture) {
    Image image = shortSide(picture);
    // To even at halves, as Python's round() in torchvision's CenterCrop.
    int left = (int) Math.rint((image.width() - resolution) / 2.0);
    int top = (int) Math.rint((image.height() - resolution) / 2.0);
    return image.crop(left, top, resolution, resolution);
  }

  /** {@code x} and {@code y} are from 0 up to but not including 1. */
  private Image randomCropped(RgbaImage picture, double x, double y) {
    Image image = shortSide(picture);
    int left = (int) (x * (image.width() - resolution + 1));
    int top = (int) (y * (image.height() - resolution + 1));
    return image.crop(left, top, resolution, resolution);
  }

  private Image shortSide(RgbaImage picture) {
    return Resize.shortSide(picture.flatten(background), resolution, filter);
  }

  /** A picture on which nothing is drawn stays whole: there is nothing to enlarge. */
  private Image trimmed(RgbaImage picture, Trim settings, double shiftX, double shiftY) {
    Box box =
        picture
            .contentBox(background, settings.tolerance)
            .orElse(new Box(0, 0, picture.width(), picture.height()));
    int longer = Math.max(box.width(), box.height());
    int side = longer + 2 * (int) Math.rint(settings.margin * longer);
    int left = (int) Math.rint((side - box.width()) / 2.0 + shiftX * side);
    int top = (int) Math.rint((side - box.height()) / 2.0 + shiftY * side);
    Image square =
        picture
            .flatten(background)
            .crop(box.left(), box.top(), box.width(), box.height())
            .placedOn(side, side, left, top, background);
    return Resize.resize(square, resolution, resolution, filter);
  }
}
