package dev.currywurst.cli;

import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Resize;
import dev.currywurst.pipeline.GeneratedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All pictures of a call on one, which is written when the last one is there. */
final class Sheet {
  /** What memory and picture viewers take; of more pictures each one is shrunk. */
  private static final double MOST_PIXELS = 32e6;

  private static final int CAPTION_LINES = 2;
  private static final int GAP = 8;

  private final Path file;
  private final int pictures;
  private final List<ContactSheet.Cell> cells = new ArrayList<>();

  /** A sheet for so many pictures. */
  Sheet(Path file, int pictures) {
    this.file = file;
    this.pictures = pictures;
  }

  void add(GeneratedImage picture) {
    cells.add(new ContactSheet.Cell(shrunk(picture.image()), picture.prompt()));
  }

  private Image shrunk(Image image) {
    double scale = Math.sqrt(MOST_PIXELS / pictures / image.width() / image.height());
    return scale >= 1
        ? image
        : Resize.resize(
            image,
            (int) Math.ceil(scale * image.width()),
            (int) Math.ceil(scale * image.height()),
            Resize.Filter.BICUBIC);
  }

  Path write() {
    int columns = (int) Math.ceil(Math.sqrt(pictures));
    Png.write(new ContactSheet(columns, CAPTION_LINES, GAP).draw(cells), file);
    return file;
  }
}
