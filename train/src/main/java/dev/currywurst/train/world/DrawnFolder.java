package dev.currywurst.train.world;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Png;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.AtomicFolder;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes drawings as a folder in Hugging Face's {@code imagefolder} layout. Each line of its {@code
 * metadata.jsonl} has {@code file_name} and {@code text}, and for judges the {@code subject} and
 * its {@code color}.
 *
 * <p>The same seed draws the same pictures; other versions of Java may round a few edge pixels
 * differently.
 *
 * @param kind of drawings
 * @param count of pictures
 * @param seed of all of them
 * @param side of the pictures, in pixels
 */
public record DrawnFolder(Drawing.Kind kind, int count, long seed, int side) {
  private static final int MOST = 1_000_000;

  public DrawnFolder {
    if (count < 1 || count > MOST || side < 16 || side > 4096) {
      throw new CurrywurstException(
          "There are %d pictures of %d pixels to draw; give 1 to %d pictures of 16 to 4096 pixels."
              .formatted(count, side, MOST));
    }
  }

  /**
   * Draws all pictures; an interrupted drawing leaves nothing.
   *
   * @throws CurrywurstException if the folder has anything in it or cannot be written
   */
  public void write(Path folder) {
    try {
      requireEmpty(folder);
      AtomicFolder.write(folder, this::draw);
    } catch (IOException e) {
      throw new CurrywurstException(
          folder + " cannot be written: " + e.getMessage() + "; choose another --output.", e);
    }
  }

  private static void requireEmpty(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (var entries = Files.list(folder)) {
      if (entries.findAny().isPresent()) {
        throw new CurrywurstException(folder + " is not empty; choose another --output.");
      }
    }
  }

  private void draw(Path folder) throws IOException {
    List<String> lines =
        IntStream.range(0, count).parallel().mapToObj(k -> line(k, folder)).toList();
    Files.writeString(folder.resolve("metadata.jsonl"), String.join("\n", lines) + "\n");
  }

  private String line(int index, Path folder) {
    Drawing drawing = Drawing.of(kind, seed, index, side);
    String name = "%06d.png".formatted(index);
    Png.write(drawing.image(), folder.resolve(name));
    ObjectNode line = ConfigFile.newObject().put("file_name", name);
    if (drawing.captions().size() == 1) {
      line.put("text", drawing.captions().get(0));
    } else {
      drawing.captions().forEach(line.putArray("text")::add);
    }
    return line.put("subject", drawing.subject()).put("color", drawing.tint().word()).toString();
  }
}
