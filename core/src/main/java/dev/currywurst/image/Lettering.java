package dev.currywurst.image;

import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Words beside pictures. */
final class Lettering {
  /** Pixels from line to line. */
  static final int LINE_HEIGHT = 15;

  private static final Logger log = LoggerFactory.getLogger(Lettering.class);
  private static final int FONT_SIZE = 12;
  private static final String ELLIPSIS = "\u2026";
  private static final Pattern WORDS = Pattern.compile("\\s+");

  private Lettering() {}

  /** Sets the font. A machine without any, as servers may be, still gets its pictures. */
  static Optional<FontMetrics> metrics(Graphics2D graphics) {
    try {
      graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, FONT_SIZE));
      return Optional.of(graphics.getFontMetrics());
    } catch (InternalError | LinkageError e) {
      log.warn("no captions beside pictures: Java finds no fonts here ({})", e.toString());
      return Optional.empty();
    }
  }

  /** Breaks between words; the last line takes what is left and is cut to fit. */
  static List<String> wrap(String text, int most, FontMetrics metrics, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : WORDS.splitAsStream(text.strip()).toList()) {
      boolean full =
          !line.isEmpty()
              && lines.size() < most - 1
              && metrics.stringWidth(line + " " + word) > width;
      if (full) {
        lines.add(cut(line.toString(), metrics, width));
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(cut(line.toString(), metrics, width));
    return lines;
  }

  private static String cut(String line, FontMetrics metrics, int width) {
    if (metrics.stringWidth(line) <= width) {
      return line;
    }
    int end = Math.min(line.length(), width); // Hardly a character is narrower than a pixel.
    while (end > 0 && metrics.stringWidth(line.substring(0, end) + ELLIPSIS) > width) {
      end = line.offsetByCodePoints(end, -1);
    }
    return line.substring(0, end) + ELLIPSIS;
  }
}
