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

  /** Of a picture that is longer than this for its width only the middle is used. */
  private static final int STRIP = 16;

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
    return finish(reduce(picture), square());
  }

  /** The picture as the generator's draws vary it. */
  public Image apply(RgbaImage picture, RandomGenerator random) {
    return vary(reduce(picture), random, square());
  }

  /**
   * All that no draw changes: what is left of a picture once it lies on the background and is
   * resized or, with trimming, cut out. It is small enough to be kept: a trimmed picture has at
   * most twice the resolution a side, which leaves shifts their half pixels.
   */
  Image reduce(RgbaImage picture) {
    return reduce(picture, square());
  }

  /** As {@link #reduce(RgbaImage)} for samples of another size; trimmed ones are always squares. */
  Image reduce(RgbaImage picture, Frame frame) {
    Image flat = picture.flatten(background);
    if (trim.isEmpty()) {
      Image image = covering(flat, frame);
      return augmentation.randomCrop ? image : centre(image, frame);
    }
    Image content =
        picture
            .contentBox(background, trim.get().tolerance)
            .map(box -> flat.crop(box.left(), box.top(), box.width(), box.height()))
            .orElse(flat); // Where nothing is drawn there is nothing to enlarge.
    return Resize.within(content, 2 * resolution, filter);
  }

  /** The sample of a {@linkplain #reduce reduced} picture without augmentation. */
  Image finish(Image reduced, Frame frame) {
    return trim.isPresent() ? framed(reduced, trim.get(), 0, 0) : centre(reduced, frame);
  }

  /** The smallest picture of the old ratio, up to rounding, that the frame can be cut out of. */
  private Image covering(Image picture, Frame frame) {
    Image image = withoutExcess(picture);
    if (frame.width() == frame.height()) {
      return Resize.shortSide(image, frame.width(), filter);
    }
    int height = (int) ((long) image.height() * frame.width() / image.width());
    int width = (int) ((long) image.width() * frame.height() / image.height());
    return height >= frame.height()
        ? Resize.resize(image, frame.width(), height, filter)
        : Resize.resize(image, Math.max(frame.width(), width), frame.height(), filter);
  }

  /** The middle of a strip, which would fill the memory once it is enlarged to its short side. */
  private static Image withoutExcess(Image image) {
    int most = (int) Math.min(Integer.MAX_VALUE, (long) STRIP * shorter(image));
    int width = Math.min(image.width(), most);
    int height = Math.min(image.height(), most);
    return width == image.width() && height == image.height()
        ? image
        : image.crop((image.width() - width) / 2, (image.height() - height) / 2, width, height);
  }

  private static int shorter(Image image) {
    return Math.min(image.width(), image.height());
  }

  Frame square() {
    return Frame.square(resolution);
  }

  /**
   * A sample of a {@linkplain #reduce reduced} picture as the generator's draws vary it. Five draws
   * whatever the settings, so that switching one augmentation on leaves the others as they were.
   */
  Image vary(Image reduced, RandomGenerator random, Frame frame) {
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
          reduced.crop(
              (int) (cropX * (reduced.width() - frame.width() + 1)),
              (int) (cropY * (reduced.height() - frame.height() + 1)),
              frame.width(),
              frame.height());
    } else {
      image = centre(reduced, frame);
    }
    return flip < augmentation.flip ? image.mirrored() : image;
  }

  /** To even at halves, as Python's round() in torchvision's CenterCrop. */
  private static Image centre(Image image, Frame frame) {
    return image.crop(
        (int) Math.rint((image.width() - frame.width()) / 2.0),
        (int) Math.rint((image.height() - frame.height()) / 2.0),
        frame.width(),
        frame.height());
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
