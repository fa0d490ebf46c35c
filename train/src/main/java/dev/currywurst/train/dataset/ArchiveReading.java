package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionFields;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Inventory.Form;
import dev.currywurst.train.source.Columns;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.source.Location;
import dev.currywurst.weights.ConfigFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Lists Parquet files and tars. A damaged one is a finding, and the others are listed all the same.
 * Only what is said about the pictures is kept in memory, never the pictures.
 */
final class ArchiveReading {
  /** Of {@code row 12 fox.png}, as {@code train.source} calls a row of Parquet. */
  private static final String ROW = "row ";

  private final Location.Archives archives;
  private final boolean parquet;

  private ArchiveReading(Location.Archives archives) {
    this.archives = archives;
    this.parquet = archives.format() == Dataset.Format.PARQUET;
  }

  private record Read(List<Entry> entries, List<Finding> findings) {}

  /**
   * Lists all of them.
   *
   * @throws CurrywurstException if there is neither a picture nor a fault in them
   */
  static Inventory of(Location.Archives archives, Columns columns) {
    ArchiveReading reading = new ArchiveReading(archives);
    List<Location.Part> parts = archives.parts(columns);
    List<String> folders = reading.folders();
    List<Read> all =
        IntStream.range(0, parts.size())
            .parallel()
            .mapToObj(i -> reading.read(parts.get(i), folders.get(i)))
            .toList();
    List<Entry> entries = all.stream().flatMap(read -> read.entries.stream()).toList();
    List<Finding> findings = all.stream().flatMap(read -> read.findings.stream()).toList();
    if (entries.isEmpty() && findings.isEmpty()) {
      throw archives.empty();
    }
    return new Inventory(Path.of(archives.source()), Form.ARCHIVES, entries, List.of(), findings);
  }

  /** Where the pictures of each archive come to lie in a new folder; no two in one. */
  private List<String> folders() {
    List<Path> files = archives.files();
    if (files.size() == 1) {
      return List.of("");
    }
    Set<String> taken = new HashSet<>();
    List<String> folders = new ArrayList<>();
    for (Path file : files) {
      String name = name(file).replaceFirst("[.][^.]*$", "");
      String folder = taken.contains(name) ? name + "-" + folders.size() : name;
      taken.add(folder);
      folders.add(folder + "/");
    }
    return folders;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private Read read(Location.Part part, String folder) {
    List<Location.Archived> pictures;
    try {
      pictures = part.pictures();
    } catch (CurrywurstException e) {
      return new Read(
          List.of(),
          List.of(
              new Finding(
                  Finding.Kind.ARCHIVE_BROKEN,
                  name(part.file()),
                  Objects.requireNonNull(e.getMessage()))));
    }
    String place = folder.isEmpty() ? "" : name(part.file()) + (parquet ? ", " : ": ");
    List<Entry> entries = new ArrayList<>();
    for (Location.Archived one : pictures) {
      ObjectNode columns = ConfigFile.newObject();
      if (one.weight() != 1) {
        columns.put(CaptionFields.WEIGHT, one.weight());
      }
      String path = folder + (parquet ? row(one.member()) : one.member().replaceFirst("^[.]/", ""));
      entries.add(new Entry(place + one.member(), path, one.picture(), one.captions(), columns));
    }
    return new Read(entries, List.of());
  }

  /** A row has a number; what its picture was called before need be neither there nor its own. */
  private static String row(String member) {
    String[] parts = member.substring(ROW.length()).split(" ", 2);
    String number = "%06d".formatted(Integer.parseInt(parts[0]));
    String before = parts.length == 1 ? "" : parts[1];
    return ImageFolder.isPicture(before)
        ? number + before.substring(before.lastIndexOf('.')).toLowerCase(java.util.Locale.ROOT)
        : number;
  }
}
