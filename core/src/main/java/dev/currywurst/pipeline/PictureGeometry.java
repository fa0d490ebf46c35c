package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.CurrywurstException;

/**
 * The sizes of one picture through the stages. The networks know few sizes: Stage C's sides are
 * multiples of 42.67 pixels, Stage B's latent is 10.67 times larger and must halve without a rest
 * at each of its levels, which leaves multiples of 128 pixels for the published model. So the
 * smallest such size that covers the requested one is painted, and its centre cut out.
 *
 * @param requested what the user gets
 * @param painted what the networks paint, at least as large
 * @param stageC of Stage C's latent
 * @param stageB of Stage B's latent
 */
public record PictureGeometry(
    PictureSize requested, PictureSize painted, PictureSize stageC, PictureSize stageB) {

  /**
   * The numbers that a model's configuration says about sizes.
   *
   * @param latentScale sides of Stage B's latent for one of Stage C's, {@code latent_dim_scale}
   * @param multiple what the sides of Stage B's latent must be divisible by
   * @param compression pixels for one side of Stage B's latent
   */
  record Rules(double latentScale, int multiple, int compression) {
    /** A side of Stage B's latent, truncated as diffusers does. */
    int stageB(int stageC) {
      return (int) (stageC * latentScale);
    }

    boolean isValid(int stageC) {
      return stageB(stageC) > 0 && stageB(stageC) % multiple == 0;
    }

    /** The smallest valid side of Stage C's latent that covers {@code pixels}. */
    int stageCCovering(int pixels) {
      // Where three in a row make a whole number, one in three is valid; others are rarer.
      for (int n = 1; n <= PictureSize.LONGEST; n++) {
        if (isValid(n) && (long) stageB(n) * compression >= pixels) {
          return n;
        }
      }
      throw new CurrywurstException(
          "This model cannot paint %d pixels a side: no latent of Stage C leads to a side of Stage B that is divisible by %d; choose a smaller size."
              .formatted(pixels, multiple));
    }
  }

  /** The smallest sizes of a model that cover {@code requested}. */
  static PictureGeometry covering(PictureSize requested, Rules rules) {
    return new PictureGeometry(
        requested,
        rules,
        rules.stageCCovering(requested.width()),
        rules.stageCCovering(requested.height()));
  }

  /** The sizes that given Stage C latents lead to, nothing cropped. */
  static PictureGeometry of(LatentGrid stageC, Rules rules) {
    if (!rules.isValid(stageC.width()) || !rules.isValid(stageC.height())) {
      throw new CurrywurstException(
          "Stage C latents of %dx%d lead to a Stage B latent of %dx%d, whose sides must be divisible by %d; encode a picture of another size."
              .formatted(
                  stageC.width(),
                  stageC.height(),
                  rules.stageB(stageC.width()),
                  rules.stageB(stageC.height()),
                  rules.multiple()));
    }
    int width = rules.stageB(stageC.width()) * rules.compression();
    int height = rules.stageB(stageC.height()) * rules.compression();
    return new PictureGeometry(
        new PictureSize(width, height), rules, stageC.width(), stageC.height());
  }

  private PictureGeometry(PictureSize requested, Rules rules, int width, int height) {
    this(
        requested,
        new PictureSize(
            rules.stageB(width) * rules.compression(), rules.stageB(height) * rules.compression()),
        new PictureSize(width, height),
        new PictureSize(rules.stageB(width), rules.stageB(height)));
  }

  /** True if the networks paint more than was requested. */
  public boolean isCropped() {
    return !requested.equals(painted);
  }

  /** Cuts the requested size out of the middle. */
  Image crop(Image picture) {
    return isCropped()
        ? picture.crop(
            (painted.width() - requested.width()) / 2,
            (painted.height() - requested.height()) / 2,
            requested.width(),
            requested.height())
        : picture;
  }
}
