package dev.currywurst.cli;

import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Png;
import dev.currywurst.pipeline.GeneratedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All pictures of a call on one, which is written when the last one is there. */
final class Sheet {
  private static final int CAPTION_LINES = 2;
  private static final int GAP = 8;

  private final Path file;
  private final int pictures;
  private final ContactSheet sheet;
  private final List<ContactSheet.Cell> cells = new ArrayList<>();

  /** A sheet for so many pictures. */
  Sheet(Path file, int pictures) {
    this.file = file;
    this.pictures = pictures;
    this.sheet = new ContactSheet((int) Math.ceil(Math.sqrt(pictures)), CAPTION_LINES, GAP);
  }

  void add(GeneratedImage picture) {
    cells.add(new ContactSheet.Cell(sheet.shrunk(picture.image(), pictures), picture.prompt()));
  }

  Path write() {
    Png.write(sheet.draw(cells), file);
    return file;
  }
}
