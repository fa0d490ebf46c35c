package dev.currywurst.train.judge;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import java.awt.Color;
import java.util.EnumMap;
import java.util.Map;

/**
 * Names the main colour of a drawing on white, by a vote of its pixels over hue.
 *
 * <p>Dark outlines and shading mislead a vote by nearest RGB: on 805 captioned sprites it agreed
 * with a quarter of the captions, and this one with 64 %. So only bright and saturated pixels vote
 * for a hue, brown is dark or dull orange, pink is pale red, and gray, black and white win where
 * little is saturated. White parts of a drawing are not told from the ground; only their shading
 * votes.
 */
public final class ColourJudge {
  private static final float BRIGHT = 0.30f;
  private static final float SATURATED = 0.25f;

  /** A drawing with fewer bright and saturated pixels is gray, black or white. */
  private static final double COLOURFUL_SHARE = 0.25;

  private static final float BLACK_BELOW = 0.35f;
  private static final float WHITE_FROM = 0.65f;

  private ColourJudge() {}

  /** The main colour of what is drawn; white for an empty picture. */
  public static Colour mainColour(Image picture) {
    Map<Colour, Integer> votes = new EnumMap<>(Colour.class);
    Map<Colour, Integer> grays = new EnumMap<>(Colour.class);
    int drawn = 0;
    int colourful = 0;
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        Rgb pixel = picture.at(x, y);
        if (!Silhouette.isDrawn(pixel)) {
          continue;
        }
        drawn++;
        float[] hsb = Color.RGBtoHSB(pixel.red(), pixel.green(), pixel.blue(), null);
        if (hsb[2] >= BRIGHT && hsb[1] >= SATURATED) {
          colourful++;
          votes.merge(named(hsb[0] * 360, hsb[1], hsb[2]), 1, Integer::sum);
        } else if (hsb[2] >= BRIGHT || hsb[1] < SATURATED) {
          grays.merge(gray(hsb[2]), 1, Integer::sum);
        }
      }
    }
    if (drawn == 0) {
      return Colour.WHITE;
    }
    Map<Colour, Integer> deciding =
        colourful >= COLOURFUL_SHARE * drawn || grays.isEmpty() ? votes : grays;
    return deciding.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(Colour.BLACK);
  }

  private static Colour named(float hue, float saturation, float brightness) {
    if (hue < 18 || hue >= 345) {
      return saturation < 0.55f && brightness > 0.7f ? Colour.PINK : Colour.RED;
    }
    if (hue < 40) {
      return brightness < 0.8f || saturation < 0.6f ? Colour.BROWN : Colour.ORANGE;
    }
    if (hue < 70) {
      return brightness < 0.5f ? Colour.BROWN : Colour.YELLOW;
    }
    if (hue < 165) {
      return Colour.GREEN;
    }
    if (hue < 235) {
      return Colour.BLUE;
    }
    if (hue < 300) {
      return Colour.PURPLE;
    }
    return saturation < 0.6f && brightness > 0.7f ? Colour.PINK : Colour.PURPLE;
  }

  private static Colour gray(float brightness) {
    return brightness < BLACK_BELOW
        ? Colour.BLACK
        : brightness < WHITE_FROM ? Colour.GRAY : Colour.WHITE;
  }
}
