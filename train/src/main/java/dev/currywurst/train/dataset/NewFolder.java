package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.ImageFormat;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.weights.AtomicFile;
import dev.currywurst.weights.AtomicFolder;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A new folder of pictures with a {@code metadata.jsonl}, whole or not at all. */
public final class NewFolder {
  private static final String FILE_NAME = ImageFolder.DEFAULT.imageColumn();
  private static final String TEXT = ImageFolder.DEFAULT.captionColumn();

  private NewFolder() {}

  /**
   * A picture that comes into it.
   *
   * @param columns what is said about it besides its captions; where these came from a column of
   *     another name, those of their new names are left out
   */
  record Line(Entry entry, ObjectNode columns) {
    private ObjectNode json(String name) {
      ObjectNode line = ConfigFile.newObject().put(FILE_NAME, name);
      if (entry.captions().size() == 1) {
        line.put(TEXT, entry.captions().get(0));
      } else if (!entry.captions().isEmpty()) {
        ArrayNode texts = line.putArray(TEXT);
        entry.captions().forEach(texts::add);
      }
      ObjectNode others = columns.deepCopy();
      others.remove(List.of(FILE_NAME, TEXT));
      return line.setAll(others);
    }
  }

  /**
   * Lays all pictures of a set into a new folder.
   *
   * @param copies false to link files where the disk can; what lies in an archive is always copied
   * @throws CurrywurstException if there is something of that name, or it cannot be written
   */
  public static void write(Path folder, Inventory inventory, boolean copies) {
    List<Line> lines =
        Stream.concat(inventory.entries().stream(), inventory.unlisted().stream())
            .map(entry -> new Line(entry, entry.columns()))
            .toList();
    write(folder, lines, copies);
  }

  /**
   * True if an earlier call has made a folder of this set, whatever captions came to it since. Each
   * picture is compared, since rows of any two Parquet files are called the same.
   *
   * @throws CurrywurstException if there is something else of that name
   */
  public static boolean holds(Path folder, Inventory inventory) {
    if (!Files.exists(folder)) {
      return false;
    }
    try {
      if (hasAll(folder, inventory)) {
        return true;
      }
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
    throw new CurrywurstException(
        "%s is there already, and not a folder of these pictures; choose another name."
            .formatted(folder));
  }

  private static boolean hasAll(Path folder, Inventory inventory) throws IOException {
    for (Entry entry :
        Stream.concat(inventory.entries().stream(), inventory.unlisted().stream()).toList()) {
      if (!isThere(folder, entry)) {
        return false;
      }
    }
    return Files.isRegularFile(folder.resolve(Inventory.METADATA));
  }

  private static boolean isThere(Path folder, Entry entry) throws IOException {
    if (entry.picture().isWholeFile()) {
      Path file = folder.resolve(entry.path());
      return Files.isRegularFile(file) && Files.mismatch(file, entry.picture().file()) < 0;
    }
    byte[] bytes = entry.picture().read();
    Path file = folder.resolve(name(entry, bytes));
    return Files.isRegularFile(file)
        && Files.size(file) == bytes.length
        && Arrays.equals(Files.readAllBytes(file), bytes);
  }

  static void write(Path folder, List<Line> lines, boolean copies) {
    if (Files.exists(folder)) {
      throw new CurrywurstException(folder + " is there already; choose another name.");
    }
    Path absolute = folder.toAbsolutePath().normalize();
    Path parent = Objects.requireNonNull(absolute.getParent(), "a new folder lies in another");
    try {
      AtomicFolder.write(absolute, building -> fill(building, lines, copies));
    } catch (IOException e) {
      throw new CurrywurstException(
          "Cannot write " + folder + ": " + AtomicFile.reason(parent, e) + "; nothing was changed.",
          e);
    }
  }

  private static void fill(Path building, List<Line> lines, boolean copies) throws IOException {
    List<String> names = new ArrayList<>();
    for (Line line : lines) {
      names.add(place(line.entry(), building, copies));
    }
    writeMetadata(building.resolve(Inventory.METADATA), lines, names);
  }

  /** Writes the list alone, of pictures that are files of their own. */
  static void writeMetadata(Path file, List<Line> lines) {
    writeMetadata(file, lines, lines.stream().map(line -> line.entry().path()).toList());
  }

  private static void writeMetadata(Path file, List<Line> lines, List<String> names) {
    AtomicFile.write(
        file,
        channel -> {
          for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).json(names.get(i)) + "\n";
            AtomicFile.Content.of(line.getBytes(StandardCharsets.UTF_8)).writeTo(channel);
          }
        });
  }

  /** Returns the name in the folder. */
  private static String place(Entry entry, Path folder, boolean copies) throws IOException {
    if (!entry.picture().isWholeFile()) {
      byte[] bytes = entry.picture().read();
      String name = name(entry, bytes);
      Files.write(target(folder, name), bytes);
      return name;
    }
    Path target = target(folder, entry.path());
    Path source = entry.picture().file().toRealPath();
    if (!copies) {
      try {
        Files.createLink(target, source);
        return entry.path();
      } catch (IOException | UnsupportedOperationException e) {
        // Another disk, or one without links: a copy does.
      }
    }
    Files.copy(source, target);
    return entry.path();
  }

  private static String name(Entry entry, byte[] bytes) {
    String name = entry.path();
    return ImageFolder.isPicture(name)
        ? name
        : name + "." + PictureFacts.ending(ImageFormat.sniff(bytes).orElse(ImageFormat.PNG));
  }

  private static Path target(Path folder, String name) throws IOException {
    Path target = folder.resolve(name);
    Files.createDirectories(Objects.requireNonNull(target.getParent()));
    return target;
  }
}
