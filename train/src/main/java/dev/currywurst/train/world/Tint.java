package dev.currywurst.train.world;

import java.awt.Color;
import java.util.Locale;
import java.util.SplittableRandom;

/** The colours that things of the world have, by the words that captions use. */
public enum Tint {
  RED(214, 40, 40),
  ORANGE(240, 130, 20),
  YELLOW(245, 210, 40),
  GREEN(50, 160, 60),
  BLUE(45, 100, 215),
  PURPLE(130, 60, 180),
  PINK(245, 130, 180),
  BROWN(135, 85, 45),
  GRAY(140, 142, 146),
  BLACK(40, 40, 44),
  WHITE(248, 248, 250);

  private final Color color;

  Tint(int red, int green, int blue) {
    this.color = new Color(red, green, blue);
  }

  /** As captions spell it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A shade of the colour that still has its name. */
  Color shade(SplittableRandom random) {
    return new Color(
        shifted(color.getRed(), random),
        shifted(color.getGreen(), random),
        shifted(color.getBlue(), random));
  }

  private static int shifted(int value, SplittableRandom random) {
    return Math.max(0, Math.min(255, value + random.nextInt(-10, 11)));
  }
}
