package dev.currywurst.train.data;

import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Resize.Filter;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
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

  public Preparation withAugmentation(Augmentation other) {
    return new Preparation(resolution, background, filter, trim, other);
  }

  /** The picture without augmentation: for evaluation and caches. */
  public Image apply(RgbaImage picture) {
    return finish(reduce(picture));
  }

  /** The picture as the generator's draws vary it. */
  public Image apply(RgbaImage picture, RandomGenerator random) {
    return vary(reduce(picture), random);
  }

  /**
   * All that no draw changes: what is left of a picture once it lies on the background and is
   * resized or, with trimming, cut out. It is small enough to be kept: a trimmed picture has at
   * most twice the resolution a side, which leaves shifts their half pixels.
   */
  Image reduce(RgbaImage picture) {
    Image flat = picture.flatten(background);
    if (trim.isEmpty()) {
      Image image = Resize.shortSide(flat, resolution, filter);
      return augmentation.randomCrop ? image : centre(image);
    }
    Image content =
        picture
            .contentBox(background, trim.get().tolerance)
            .map(box -> flat.crop(box.left(), box.top(), box.width(), box.height()))
            .orElse(flat); // Where nothing is drawn there is nothing to enlarge.
    return Resize.within(content, 2 * resolution, filter);
  }

  /** The sample of a {@linkplain #reduce reduced} picture without augmentation. */
  Image finish(Image reduced) {
    return trim.isPresent() ? framed(reduced, trim.get(), 0, 0) : centre(reduced);
  }

  /**
   * A sample of a {@linkplain #reduce reduced} picture as the generator's draws vary it. Five draws
   * whatever the settings, so that switching one augmentation on leaves the others as they were.
   */
  Image vary(Image reduced, RandomGenerator random) {
    double flip = random.nextDouble();
    double shiftX = (2 * random.nextDouble() - 1) * augmentation.shift;
    double shiftY = (2 * random.nextDouble() - 1) * augmentation.shift;
    double cropX = random.nextDouble();
    double cropY = random.nextDouble();
    Image image;
    if (trim.isPresent()) {
      image = framed(reduced, trim.get(), shiftX, shiftY);
    } else if (augmentation.randomCrop) {
      image =
          square(
              reduced,
              (int) (cropX * (reduced.width() - resolution + 1)),
              (int) (cropY * (reduced.height() - resolution + 1)));
    } else {
      image = centre(reduced);
    }
    return flip < augmentation.flip ? image.mirrored() : image;
  }

  /** To even at halves, as Python's round() in torchvision's CenterCrop. */
  private Image centre(Image image) {
    return square(
        image,
        (int) Math.rint((image.width() - resolution) / 2.0),
        (int) Math.rint((image.height() - resolution) / 2.0));
  }

  private Image square(Image image, int left, int top) {
    return image.crop(left, top, resolution, resolution);
  }

  private Image framed(Image content, Trim settings, double shiftX, double shiftY) {
    int longer = Math.max(content.width(), content.height());
    int side = longer + 2 * (int) Math.rint(settings.margin * longer);
    int left = (int) Math.rint((side - content.width()) / 2.0 + shiftX * side);
    int top = (int) Math.rint((side - content.height()) / 2.0 + shiftY * side);
    Image square = content.placedOn(side, side, left, top, background);
    return Resize.resize(square, resolution, resolution, filter);
  }
}
