package dev.currywurst.image;

import java.awt.Color;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Optional;

/**
 * Pictures in rows and columns that both mean something, such as prompts and strengths.
 *
 * @param columns what is written above each column
 * @param rows what is written left of each row
 * @param gap pixels around and between the pictures
 */
public record PictureGrid(List<String> columns, List<String> rows, int gap) {
  /** Pixels for what is written left of a row. */
  private static final int MARGIN = 140;

  public PictureGrid {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    if (columns.isEmpty() || rows.isEmpty() || gap < 0) {
      throw new IllegalArgumentException("a grid needs columns and rows");
    }
  }

  /**
   * Draws the grid, black on white. Each cell is as large as the largest picture; smaller ones are
   * centred.
   *
   * @param pictures row by row, as many as there are cells
   */
  public Image draw(List<Image> pictures) {
    if (pictures.size() != columns.size() * rows.size()) {
      throw new IllegalArgumentException(
          "%d pictures for %d x %d cells".formatted(pictures.size(), columns.size(), rows.size()));
    }
    int width = pictures.stream().mapToInt(Image::width).max().orElseThrow();
    int height = pictures.stream().mapToInt(Image::height).max().orElseThrow();
    int left = gap + MARGIN + gap;
    int top = gap + Lettering.LINE_HEIGHT + gap;
    BufferedImage grid =
        new BufferedImage(
            left + columns.size() * (width + gap),
            top + rows.size() * (height + gap),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = grid.createGraphics();
    try {
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, grid.getWidth(), grid.getHeight());
      graphics.setColor(Color.BLACK);
      graphics.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      for (int i = 0; i < pictures.size(); i++) {
        Image picture = pictures.get(i);
        graphics.drawImage(
            picture.toBufferedImage(),
            left + i % columns.size() * (width + gap) + (width - picture.width()) / 2,
            top + i / columns.size() * (height + gap) + (height - picture.height()) / 2,
            null);
      }
      Optional<FontMetrics> metrics = Lettering.metrics(graphics);
      if (metrics.isPresent()) {
        for (int i = 0; i < columns.size(); i++) {
          write(graphics, metrics.get(), columns.get(i), left + i * (width + gap), gap, width, 1);
        }
        int lines = Math.max(1, height / Lettering.LINE_HEIGHT);
        for (int i = 0; i < rows.size(); i++) {
          int at = top + i * (height + gap);
          write(graphics, metrics.get(), rows.get(i), gap, at, MARGIN, lines);
        }
      }
    } finally {
      graphics.dispose();
    }
    return Image.of(grid);
  }

  private static void write(
      Graphics2D graphics,
      FontMetrics metrics,
      String text,
      int left,
      int top,
      int width,
      int lines) {
    int baseline = top + metrics.getAscent();
    for (String line : Lettering.wrap(text, lines, metrics, width)) {
      graphics.drawString(line, left, baseline);
      baseline += Lettering.LINE_HEIGHT;
    }
  }
}
