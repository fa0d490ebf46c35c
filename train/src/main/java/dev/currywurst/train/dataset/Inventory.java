package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.PictureBytes;
import dev.currywurst.train.source.Columns;
import dev.currywurst.train.source.Dataset;
import dev.currywurst.train.source.Location;
import java.nio.file.Path;
import java.util.List;

/**
 * The pictures of a set and what is said about them, faults and all: where {@link
 * dev.currywurst.train.source.Dataset} stops at the first fault, this goes on and lists them.
 *
 * @param source the folder, or else as the set was named
 * @param form how the set comes
 * @param entries the pictures, in the order of the metadata or else by path
 * @param unlisted pictures that the metadata do not name, so that they are not used
 * @param findings what is wrong with the captions and the files' names
 */
public record Inventory(
    Path source, Form form, List<Entry> entries, List<Entry> unlisted, List<Finding> findings) {
  /** The file of Hugging Face's {@code imagefolder}. */
  public static final String METADATA = "metadata.jsonl";

  /** How a set comes. */
  public enum Form {
    /** A folder with a {@code metadata.jsonl}. */
    LINES,
    /** A folder with a {@code .txt} beside each picture, or without any captions. */
    TEXTS,
    /** A folder with a {@code metadata.csv} or {@code metadata.parquet}. */
    TABLE,
    /** Parquet files or WebDataset tars, which hold the pictures themselves. */
    ARCHIVES
  }

  /**
   * One picture.
   *
   * @param name what findings call it: its path below the folder, with {@code /}, or its place in
   *     an archive
   * @param path where it comes to lie in a new folder, without an ending where nothing tells it
   * @param picture its bytes, which may be missing or broken
   * @param captions what is said about it, perhaps nothing
   * @param columns everything else that the metadata say about it
   */
  public record Entry(
      String name, String path, PictureBytes picture, List<String> captions, ObjectNode columns) {
    public Entry {
      captions = List.copyOf(captions);
      columns = columns.deepCopy();
    }

    @Override
    public ObjectNode columns() {
      return columns.deepCopy();
    }

    /** Decodes it. */
    RgbaImage read(ImageDecoder decoder) {
      return decoder.decode(picture.read(), picture.name());
    }

    /** Decodes it and lays it on white. */
    Image onWhite(ImageDecoder decoder) {
      return read(decoder).flatten(Rgb.WHITE);
    }
  }

  public Inventory {
    entries = List.copyOf(entries);
    unlisted = List.copyOf(unlisted);
    findings = List.copyOf(findings);
  }

  /**
   * Lists a set with the usual keys.
   *
   * @throws CurrywurstException if it is missing, cannot be read or holds no pictures
   */
  public static Inventory of(Path source) {
    return of(source, Columns.USUAL);
  }

  /** As {@link #of(Path)}, with chosen names of columns. */
  public static Inventory of(Path source, Columns columns) {
    Dataset.requireThere(source);
    return of(Location.of(source), columns);
  }

  /**
   * Lists a set that was found.
   *
   * @throws CurrywurstException if it cannot be read or holds no pictures
   */
  public static Inventory of(Location location, Columns columns) {
    return location instanceof Location.Archives archives
        ? ArchiveReading.of(archives, columns)
        : FolderReading.of(((Location.Folder) location).path(), columns.folder());
  }
}
