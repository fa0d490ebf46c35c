package dev.currywurst.train.stage;

import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.Batch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Pictures, each beside what a network made of it. */
final class PairSheet {
  private final int most;
  private final ContactSheet sheet;
  private final List<ContactSheet.Cell> cells = new ArrayList<>();

  /** A sheet of at most so many pairs, so many side by side. */
  PairSheet(int most, int pairsAcross) {
    this.most = most;
    this.sheet = new ContactSheet(2 * pairsAcross, 0, 1);
  }

  /** Adds pictures, as long as there is room, and their counterparts [B][3][side][side]. */
  void add(Batch batch, float[] counterparts) {
    for (int n = 0; n < batch.size() && cells.size() < 2 * most; n++) {
      cells.add(cell(batch.image(n)));
      cells.add(cell(image(batch, counterparts, n)));
    }
  }

  private ContactSheet.Cell cell(Image image) {
    return new ContactSheet.Cell(sheet.shrunk(image, 2 * most), "");
  }

  /** One of a batch's counterparts. */
  static Image image(Batch batch, float[] planes, int n) {
    return image(batch.side(), planes, n);
  }

  /** One of several pictures [B][3][side][side]. */
  static Image image(int side, float[] planes, int n) {
    int each = 3 * side * side;
    return Image.ofPlanes(side, side, Arrays.copyOfRange(planes, n * each, (n + 1) * each));
  }

  /** Writes the sheet, and makes its folder. */
  void write(Path file) {
    write(sheet.draw(cells), file);
  }

  /** Writes a picture, and makes its folder. */
  static void write(Image picture, Path file) {
    try {
      Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be written: " + e.getMessage() + ".", e);
    }
    Png.write(picture, file);
  }
}
