package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Survey.Surveyed;
import dev.currywurst.weights.AtomicFile;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Writes what a {@link Policy} keeps of a folder: a new folder with the pictures and a {@code
 * metadata.jsonl}, or that file alone. The old folder is not touched.
 */
public final class ThinnedDataset {
  private final Survey survey;
  private final Map<Entry, Double> weights;
  private final boolean weighted;

  private ThinnedDataset(Survey survey, Map<Entry, Double> weights, boolean weighted) {
    this.survey = survey;
    this.weights = weights;
    this.weighted = weighted;
  }

  static ThinnedDataset of(Survey survey, Map<Entry, Double> weights, boolean weighted) {
    return new ThinnedDataset(survey, weights, weighted);
  }

  /** How many pictures are kept. */
  public int size() {
    return (int) survey.readable().stream().filter(picture -> weight(picture) > 0).count();
  }

  private double weight(Surveyed picture) {
    return weights.getOrDefault(picture.entry(), 0.0);
  }

  /** One line for each picture that is kept: its name, its captions and whatever was said. */
  String metadata() {
    StringBuilder lines = new StringBuilder();
    for (Surveyed picture : survey.readable()) {
      if (weight(picture) > 0) {
        Entry entry = picture.entry();
        ObjectNode line = ConfigFile.newObject().put("file_name", entry.name());
        if (entry.captions().size() == 1) {
          line.put("text", entry.captions().get(0));
        } else if (!entry.captions().isEmpty()) {
          ArrayNode texts = line.putArray("text");
          entry.captions().forEach(texts::add);
        }
        line.setAll(entry.columns());
        if (weighted) {
          line.put("weight", weight(picture));
        }
        lines.append(line).append('\n');
      }
    }
    return lines.toString();
  }

  /**
   * Writes the list alone.
   *
   * @throws CurrywurstException if it cannot be written
   */
  public void writeMetadata(Path file) {
    byte[] text = metadata().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer bytes = ByteBuffer.wrap(text);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /**
   * Makes a new folder, whole or not at all.
   *
   * @param copies to copy the pictures; otherwise they are linked where the disk can (a second name
   *     for the same file, which takes no room)
   * @throws CurrywurstException if there is something of that name, or it cannot be written
   */
  public void writeFolder(Path folder, boolean copies) {
    if (Files.exists(folder)) {
      throw new CurrywurstException(folder + " is there already; choose another name.");
    }
    Path absolute = folder.toAbsolutePath().normalize();
    Path parent = Objects.requireNonNull(absolute.getParent(), "a new folder lies in another");
    Path building =
        parent.resolve("." + absolute.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    try {
      Files.createDirectories(building);
      for (Surveyed picture : survey.readable()) {
        if (weight(picture) > 0) {
          place(picture.entry(), building, copies);
        }
      }
      writeMetadata(building.resolve(Inventory.METADATA));
      Files.move(building, absolute, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new CurrywurstException(
          "Cannot write " + folder + ": " + e.getMessage() + "; nothing was changed.", e);
    } finally {
      discard(building);
    }
  }

  private static void place(Entry entry, Path folder, boolean copies) throws IOException {
    Path target = folder.resolve(entry.name());
    Files.createDirectories(Objects.requireNonNull(target.getParent()));
    Path source = entry.file().toRealPath();
    if (!copies) {
      try {
        Files.createLink(target, source);
        return;
      } catch (IOException | UnsupportedOperationException e) {
        // Another disk, or one without links: a copy does.
      }
    }
    Files.copy(source, target);
  }

  private static void discard(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // What went wrong before is what matters; a hidden folder is left behind.
    }
  }
}
