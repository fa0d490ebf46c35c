package dev.currywurst.train.dataset;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.ImageFormat;
import dev.currywurst.image.Resize;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.data.PictureBytes;
import dev.currywurst.train.judge.Colour;
import dev.currywurst.train.judge.ColourJudge;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What one look at a picture tells.
 *
 * @param width pixels, turned as its camera was held
 * @param height pixels
 * @param format of the file, whatever its name says
 * @param mode which channels say anything
 * @param blank true if all pixels are equal
 * @param bytes size of the file
 * @param fileHash SHA-256 of the file
 * @param pixelHash SHA-256 of size and pixels: equal for copies in other formats without loss
 * @param mainColour as {@link ColourJudge} names it, on white
 * @param appearance what it looks like apart from its colours
 */
record PictureFacts(
    int width,
    int height,
    ImageFormat format,
    Mode mode,
    boolean blank,
    long bytes,
    String fileHash,
    String pixelHash,
    Colour mainColour,
    Appearance appearance) {
  /** Larger pictures are judged at this size: colours need no more. */
  private static final int JUDGED_SIDE = 256;

  /** The channels that are used, in Pillow's names. */
  enum Mode {
    L,
    LA,
    RGB,
    RGBA;

    private static Mode of(boolean grey, boolean transparent) {
      if (grey) {
        return transparent ? LA : L;
      }
      return transparent ? RGBA : RGB;
    }

    boolean transparent() {
      return this == LA || this == RGBA;
    }
  }

  /** The longer side over the shorter one. */
  double ratio() {
    return (double) Math.max(width, height) / Math.min(width, height);
  }

  /** How many pixels. */
  long area() {
    return (long) width * height;
  }

  /**
   * Opens a picture.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if it is missing, broken or too large
   */
  static PictureFacts of(PictureBytes source, ImageDecoder decoder) {
    byte[] file = source.read();
    RgbaImage picture = decoder.decode(file, source.name());
    MessageDigest digest = sha256();
    int width = picture.width();
    int height = picture.height();
    digest.update(ByteBuffer.allocate(8).putInt(width).putInt(height).flip());
    ByteBuffer row = ByteBuffer.allocate(4 * width);
    int first = visible(picture.at(0, 0));
    boolean grey = true;
    boolean transparent = false;
    boolean blank = true;
    for (int y = 0; y < height; y++) {
      row.clear();
      for (int x = 0; x < width; x++) {
        int pixel = visible(picture.at(x, y));
        row.putInt(pixel);
        blank &= pixel == first;
        transparent |= pixel >>> 24 != 255;
        int red = (pixel >> 16) & 0xff;
        grey &= red == ((pixel >> 8) & 0xff) && red == (pixel & 0xff);
      }
      digest.update(row.flip());
    }
    Image onWhite = Resize.within(picture.flatten(Rgb.WHITE), JUDGED_SIDE, Resize.Filter.BILINEAR);
    return new PictureFacts(
        width,
        height,
        ImageFormat.sniff(file).orElseThrow(),
        Mode.of(grey, transparent),
        blank,
        file.length,
        Fingerprint.ofBytes(file),
        HexFormat.of().formatHex(digest.digest()),
        ColourJudge.mainColour(onWhite),
        Appearance.of(picture));
  }

  /** What is fully transparent has no colour, whatever the file holds there. */
  private static int visible(int pixel) {
    return pixel >>> 24 == 0 ? 0 : pixel;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** True if a name ends as the format asks, or has no ending that tells any. */
  boolean isNamedRight(String name) {
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return !ImageFolder.isPicture(name)
        || switch (format) {
          case JPEG -> ending.equals("jpg") || ending.equals("jpeg");
          case PNG, GIF, BMP, WEBP -> ending.equals(ending(format));
        };
  }

  /** What a file of a format is named by. */
  static String ending(ImageFormat format) {
    return format == ImageFormat.JPEG ? "jpg" : format.name().toLowerCase(Locale.ROOT);
  }
}
