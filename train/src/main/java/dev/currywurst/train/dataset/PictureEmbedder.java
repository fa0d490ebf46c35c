package dev.currywurst.train.dataset;

import dev.currywurst.image.Image;

/** A network that turns a picture into numbers of which the direction tells what it shows. */
public interface PictureEmbedder {
  /**
   * Embeds a picture.
   *
   * @return as many numbers for each picture, not all zero; their length does not matter
   */
  float[] embed(Image picture);
}
