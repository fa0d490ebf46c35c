package dev.currywurst.image;

import java.util.List;

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
   * @param pictures column by column
   * @throws IllegalArgumentException if there is not one for each cell
   */
  public Image draw(List<List<Image>> pictures) {
    if (pictures.size() != columns.size()
        || pictures.stream().anyMatch(column -> column.size() != rows.size())) {
      throw new IllegalArgumentException(
          "columns of %s pictures for %d x %d cells"
              .formatted(pictures.stream().map(List::size).toList(), columns.size(), rows.size()));
    }
    int width = pictures.stream().flatMap(List::stream).mapToInt(Image::width).max().orElseThrow();
    int height =
        pictures.stream().flatMap(List::stream).mapToInt(Image::height).max().orElseThrow();
    int firstLeft = gap + MARGIN + gap;
    int firstTop = gap + Lettering.LINE_HEIGHT + gap;
    try (Paper paper =
        new Paper(
            firstLeft + columns.size() * (width + gap),
            firstTop + rows.size() * (height + gap),
            true)) {
      for (int row = 0; row < rows.size(); row++) {
        int lines = Math.max(1, height / Lettering.LINE_HEIGHT);
        paper.words(rows.get(row), gap, firstTop + row * (height + gap), MARGIN, lines);
      }
      for (int column = 0; column < columns.size(); column++) {
        int left = firstLeft + column * (width + gap);
        paper.words(columns.get(column), left, gap, width, 1);
        for (int row = 0; row < rows.size(); row++) {
          int top = firstTop + row * (height + gap);
          paper.picture(pictures.get(column).get(row), left, top, width, height);
        }
      }
      return paper.image();
    }
  }
}
