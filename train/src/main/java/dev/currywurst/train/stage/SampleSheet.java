package dev.currywurst.train.stage;

import dev.currywurst.image.Image;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Pictures side by side. */
final class SampleSheet {
  private SampleSheet() {}

  static void write(List<Image> pictures, int columns, Path file) {
    int w = pictures.get(0).width();
    int h = pictures.get(0).height();
    int rows = (pictures.size() + columns - 1) / columns;
    var sheet = Image.filled(columns * w, rows * h, Rgb.WHITE).toBufferedImage();
    for (int i = 0; i < pictures.size(); i++) {
      sheet
          .createGraphics()
          .drawImage(pictures.get(i).toBufferedImage(), i % columns * w, i / columns * h, null);
    }
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      ImageIO.write(sheet, "png", file.toFile());
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
