package dev.currywurst.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Samples of one step on one picture: below each picture of the live weights the same prompt and
 * seed by the averaged ones; and a JSON file that tells what each is.
 */
final class SampleSheet {
  private static final int ACROSS = 8;

  private SampleSheet() {}

  /**
   * Writes {@code step-00001000.png} and {@code step-00001000.json}.
   *
   * @param samples all of one kind of weights, then as many of the next
   * @return the picture
   */
  static Path write(Path folder, long step, List<Stage.Sample> samples) {
    Path sheet = folder.resolve("step-%08d.png".formatted(step));
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CurrywurstException("%s cannot be made: %s.".formatted(folder, e.getMessage()), e);
    }
    Png.write(drawn(samples), sheet);
    ObjectNode json = ConfigFile.newObject().put("step", step);
    ArrayNode pictures = json.putArray("pictures");
    for (Stage.Sample sample : samples) {
      pictures
          .addObject()
          .put("weights", sample.weights())
          .put("prompt", sample.prompt())
          .put("seed", sample.seed());
    }
    ConfigFile.write(description(folder, step), json);
    return sheet;
  }

  /** Whether those of a step are written. */
  static boolean exists(Path folder, long step) {
    return Files.exists(description(folder, step));
  }

  private static Path description(Path folder, long step) {
    return folder.resolve("step-%08d.json".formatted(step));
  }

  private static Image drawn(List<Stage.Sample> samples) {
    Map<String, List<Stage.Sample>> kinds = new LinkedHashMap<>();
    for (Stage.Sample sample : samples) {
      kinds.computeIfAbsent(sample.weights(), kind -> new ArrayList<>()).add(sample);
    }
    int each = kinds.values().iterator().next().size();
    int across = Math.min(ACROSS, each);
    ContactSheet sheet = new ContactSheet(across, 3, 6);
    Image blank = blank(samples.get(0).image());
    List<ContactSheet.Cell> cells = new ArrayList<>();
    for (int first = 0; first < each; first += across) {
      for (List<Stage.Sample> kind : kinds.values()) {
        for (int i = first; i < first + across; i++) {
          cells.add(
              i < each
                  ? cell(sheet, kind.get(i), samples.size())
                  : new ContactSheet.Cell(sheet.shrunk(blank, samples.size()), ""));
        }
      }
    }
    return sheet.draw(cells);
  }

  private static ContactSheet.Cell cell(ContactSheet sheet, Stage.Sample sample, int count) {
    return new ContactSheet.Cell(
        sheet.shrunk(sample.image(), count),
        "%s, %d: %s".formatted(sample.weights(), sample.seed(), sample.prompt()));
  }

  private static Image blank(Image like) {
    return Image.filled(like.width(), like.height(), Rgb.WHITE);
  }
}
