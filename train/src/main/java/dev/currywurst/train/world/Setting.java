package dev.currywurst.train.world;

import java.awt.Color;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a scene takes place: what is behind it and, in some, what it stands on. */
public enum Setting {
  WHITE(new Color(255, 255, 255), null, "", "", "on white", "on a white background"),
  PALE_BLUE(new Color(190, 220, 245), null, "on a light blue background", "on light blue"),
  PALE_YELLOW(new Color(252, 240, 185), null, "on a light yellow background", "on light yellow"),
  PALE_PINK(new Color(250, 215, 225), null, "on a light pink background", "on light pink"),
  PALE_GREEN(new Color(205, 238, 200), null, "on a light green background", "on light green"),
  GRAY(new Color(205, 205, 208), null, "on a gray background", "on gray"),
  NIGHT(new Color(38, 40, 84), null, "at night", "in the night"),
  GRASS(new Color(205, 232, 250), new Color(125, 190, 85), "on the grass", "in a meadow"),
  TABLE(new Color(250, 244, 230), new Color(170, 120, 75), "on a table", "on a wooden table"),
  SEA(new Color(225, 240, 250), new Color(80, 150, 205), "by the sea", "on the water"),
  SNOW(new Color(170, 195, 220), new Color(248, 250, 252), "in the snow", "on the snow");

  private final Color sky;
  private final Optional<Color> ground;

  @SuppressWarnings("ImmutableEnumChecker") // An unmodifiable list.
  private final List<String> words;

  Setting(Color sky, @Nullable Color ground, String... words) {
    this.sky = sky;
    this.ground = Optional.ofNullable(ground);
    this.words = List.of(words);
  }

  Color sky() {
    return sky;
  }

  Optional<Color> ground() {
    return ground;
  }

  /** How captions tell it; an empty one does not. */
  List<String> words() {
    return words;
  }

  /** True if a thing of this colour could not be told from what is behind it. */
  boolean hides(Tint tint) {
    return switch (this) {
      case WHITE, SNOW -> tint == Tint.WHITE;
      case PALE_BLUE, SEA -> tint == Tint.BLUE;
      case PALE_YELLOW -> tint == Tint.YELLOW || tint == Tint.WHITE;
      case PALE_PINK -> tint == Tint.PINK;
      case PALE_GREEN, GRASS -> tint == Tint.GREEN;
      case GRAY -> tint == Tint.GRAY;
      case NIGHT -> tint == Tint.BLACK || tint == Tint.PURPLE;
      case TABLE -> tint == Tint.BROWN;
    };
  }
}
