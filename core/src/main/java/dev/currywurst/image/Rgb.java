package dev.currywurst.image;

import dev.currywurst.tensor.CurrywurstException;
import java.util.regex.Pattern;

/** An opaque colour; each part is 0 to 255, in sRGB as files hold it. */
public record Rgb(int red, int green, int blue) {
  public static final Rgb WHITE = new Rgb(255, 255, 255);
  public static final Rgb BLACK = new Rgb(0, 0, 0);

  private static final Pattern HEX = Pattern.compile("#?([0-9a-fA-F]{6})");

  /**
   * @throws IllegalArgumentException if a part is outside 0 to 255
   */
  public Rgb {
    if ((red | green | blue) >>> 8 != 0) {
      throw new IllegalArgumentException(
          "colour parts are 0 to 255, not " + red + ", " + green + ", " + blue);
    }
  }

  /**
   * Reads {@code white}, {@code black} or six hexadecimal digits such as {@code #ff8800}.
   *
   * @throws CurrywurstException if the text is none of these
   */
  public static Rgb parse(String text) {
    if (text.equalsIgnoreCase("white")) {
      return WHITE;
    }
    if (text.equalsIgnoreCase("black")) {
      return BLACK;
    }
    var hex = HEX.matcher(text);
    if (!hex.matches()) {
      throw new CurrywurstException(
          "The colour \"" + text + "\" is not understood: write white, black or #rrggbb.");
    }
    int packed = Integer.parseInt(hex.group(1), 16);
    return new Rgb(packed >> 16, (packed >> 8) & 0xff, packed & 0xff);
  }

  /** {@code #rrggbb}, which {@link #parse} reads. */
  @Override
  public String toString() {
    return String.format("#%02x%02x%02x", red, green, blue);
  }
}
