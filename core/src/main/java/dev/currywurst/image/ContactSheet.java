package dev.currywurst.image;

import java.util.List;

/**
 * Many pictures on one, row by row, each with a caption below: how a run's samples are looked at.
 *
 * @param columns how many pictures lie side by side
 * @param captionLines how many lines a caption may take; what is longer ends in an ellipsis, and 0
 *     leaves captions out
 * @param gap pixels around and between the pictures
 */
public record ContactSheet(int columns, int captionLines, int gap) {

  /** What memory and picture viewers take: {@link #shrunk}. */
  private static final double MOST_PIXELS = 32e6;

  /** Narrower pictures have no captions: hardly a word would fit. */
  private static final int NARROWEST_CAPTION = 48;

  public ContactSheet {
    if (columns < 1 || captionLines < 0 || gap < 0) {
      throw new IllegalArgumentException(
          columns + " columns, " + captionLines + " lines, a gap of " + gap);
    }
  }

  /** A picture and what is written below it. */
  public record Cell(Image image, String caption) {}

  /**
   * A picture no larger than a sheet of so many like it can bear, which has 32 megapixels with
   * captions and gaps.
   */
  public Image shrunk(Image image, int pictures) {
    double scale = scale(image, pictures, captionLines * Lettering.LINE_HEIGHT + gap);
    if (scale * image.width() < NARROWEST_CAPTION) {
      double bare = scale(image, pictures, gap);
      scale = Math.max(scale, Math.min(bare, (NARROWEST_CAPTION - 1.0) / image.width()));
    }
    return scale >= 1
        ? image
        : Resize.resize(
            image,
            (int) Math.max(1, scale * image.width()),
            (int) Math.max(1, scale * image.height()),
            Resize.Filter.BICUBIC);
  }

  /** Solves (scale * width + gap) * (scale * height + below) = room. */
  private double scale(Image image, int pictures, int below) {
    double room = MOST_PIXELS / pictures;
    double square = (double) image.width() * image.height();
    double linear = (double) image.width() * below + (double) image.height() * gap;
    double constant = (double) gap * below - room;
    double root = Math.sqrt(Math.max(0, linear * linear - 4 * square * constant));
    return Math.max(0, (root - linear) / (2 * square));
  }

  /**
   * Draws the sheet, black on white. Each cell is as large as the largest picture; smaller ones are
   * centred, not enlarged. Captions are left out where they would be narrower than a word.
   *
   * @throws IllegalArgumentException if there are no cells
   */
  public Image draw(List<Cell> cells) {
    if (cells.isEmpty()) {
      throw new IllegalArgumentException("a contact sheet of no pictures");
    }
    int width = cells.stream().mapToInt(cell -> cell.image().width()).max().orElseThrow();
    int height = cells.stream().mapToInt(cell -> cell.image().height()).max().orElseThrow();
    int lines = width < NARROWEST_CAPTION ? 0 : captionLines;
    int rowHeight = height + lines * Lettering.LINE_HEIGHT + gap;
    int across = Math.min(columns, cells.size());
    int down = (cells.size() + columns - 1) / columns;
    try (Paper paper = new Paper(gap + across * (width + gap), gap + down * rowHeight, lines > 0)) {
      for (int i = 0; i < cells.size(); i++) {
        int left = gap + i % columns * (width + gap);
        int top = gap + i / columns * rowHeight;
        paper.picture(cells.get(i).image(), left, top, width, height);
        paper.words(cells.get(i).caption(), left, top + height, width, lines);
      }
      return paper.image();
    }
  }
}
