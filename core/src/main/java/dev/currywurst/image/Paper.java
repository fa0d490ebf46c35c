package dev.currywurst.image;

import java.awt.Color;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Optional;

/** White paper, for pictures and black words. */
final class Paper implements AutoCloseable {
  private final BufferedImage sheet;
  private final Graphics2D graphics;
  private final Optional<FontMetrics> metrics;

  /**
   * An empty sheet of so many pixels.
   *
   * @param lettered whether there will be words
   */
  Paper(int width, int height, boolean lettered) {
    this.sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    this.graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
    graphics.setColor(Color.BLACK);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    this.metrics = lettered ? Lettering.metrics(graphics) : Optional.empty();
  }

  /** Puts a picture into the middle of a place that is at least as large. */
  void picture(Image picture, int left, int top, int width, int height) {
    graphics.drawImage(
        picture.toBufferedImage(),
        left + (width - picture.width()) / 2,
        top + (height - picture.height()) / 2,
        null);
  }

  /** Writes into so many lines of {@link Lettering#LINE_HEIGHT}; what is longer is cut. */
  void words(String text, int left, int top, int width, int lines) {
    if (metrics.isEmpty()) {
      return;
    }
    int baseline = top + metrics.get().getAscent();
    for (String line : Lettering.wrap(text, lines, metrics.get(), width)) {
      graphics.drawString(line, left, baseline);
      baseline += Lettering.LINE_HEIGHT;
    }
  }

  /** What is on it. */
  Image image() {
    return Image.of(sheet);
  }

  @Override
  public void close() {
    graphics.dispose();
  }
}
