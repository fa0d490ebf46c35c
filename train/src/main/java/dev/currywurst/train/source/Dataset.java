package dev.currywurst.train.source;

import dev.currywurst.hub.UserCache;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.ImageFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A set of captioned pictures in any of the usual forms:
 *
 * <ul>
 *   <li>a folder as {@link ImageFolder} reads it;
 *   <li>a Parquet file, or a folder that has some in it or in its {@code data};
 *   <li>a WebDataset tar, or a folder of them;
 *   <li>several such files by a pattern: {@code shards/{00000..00099}.tar}, {@code data/*.parquet};
 *   <li>an address, {@code https://host/{000..009}.tar}, or {@code -} for what comes through
 *       standard input: these go through a cache, since training needs pictures in another order.
 * </ul>
 *
 * @param source as it was named
 * @param format that was found
 * @param images in the set's order
 * @param notices what the user should know about what was passed over
 */
public record Dataset(
    String source, Format format, List<CaptionedImage> images, List<String> notices) {
  /** The forms. */
  public enum Format {
    IMAGEFOLDER,
    PARQUET,
    WEBDATASET;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int NAMED_IN_ERRORS = 5;

  public Dataset {
    images = List.copyOf(images);
    notices = List.copyOf(notices);
  }

  /**
   * Finds and lists the pictures under their usual names; none is decoded yet.
   *
   * @throws CurrywurstException if there are none, if some have no caption, or if something is
   *     damaged, missing, or leads out of its folder
   */
  public static Dataset open(String source) {
    return open(source, Columns.USUAL);
  }

  /**
   * As {@link #open(String)}.
   *
   * @param source a path, or an address that was made a path and lost a slash by it
   */
  public static Dataset open(Path source, Columns columns) {
    return of(Location.of(source), columns);
  }

  /** True for what is read from an address, and not from this machine's files. */
  public static boolean isAddress(Path source) {
    return Streams.isStream(Location.address(source));
  }

  /**
   * Looks whether something is there at all, before anything takes time.
   *
   * @throws CurrywurstException if not
   */
  public static void requireThere(Path source) {
    if (!Files.exists(source) && !isAddress(source) && !Braces.isPattern(source.toString())) {
      throw new CurrywurstException(
          source + " does not exist; give a folder of pictures, Parquet files or tars.");
    }
  }

  /** As {@link #open(String)}, with chosen names of columns. */
  public static Dataset open(String source, Columns columns) {
    return open(source, columns, UserCache.folder());
  }

  /**
   * As {@link #open(String)}.
   *
   * @param cache folder for what streams bring and for the indexes of archives
   */
  public static Dataset open(String source, Columns columns, Path cache) {
    return of(Location.of(source, cache), columns);
  }

  private static Dataset of(Location location, Columns columns) {
    if (location instanceof Location.Archives archives) {
      return new Dataset(
          location.source(), archives.format(), images(archives, columns), location.notices());
    }
    return new Dataset(
        location.source(),
        Format.IMAGEFOLDER,
        columns.folder().list(((Location.Folder) location).path()),
        location.notices());
  }

  private static List<CaptionedImage> images(Location.Archives archives, Columns columns) {
    List<CaptionedImage> images =
        archives.parts(columns).parallelStream()
            .flatMap(part -> images(part.file(), part.pictures()).stream())
            .toList();
    if (images.isEmpty()) {
      throw archives.empty();
    }
    return images;
  }

  private static List<CaptionedImage> images(Path file, List<Location.Archived> pictures) {
    List<String> silent =
        pictures.stream()
            .filter(one -> one.captions().isEmpty())
            .map(Location.Archived::member)
            .toList();
    if (!silent.isEmpty()) {
      int others = silent.size() - NAMED_IN_ERRORS;
      throw new CurrywurstException(
          "%s has pictures without a caption: %s%s."
              .formatted(
                  file,
                  String.join(", ", silent.stream().limit(NAMED_IN_ERRORS).toList()),
                  others > 0 ? " and " + others + " more" : ""));
    }
    return pictures.stream()
        .map(one -> new CaptionedImage(one.picture(), one.captions(), one.hash(), one.weight()))
        .toList();
  }

  /** What is kept about a picture goes by its content, so another content must not pass for it. */
  static byte[] requireUnchanged(Path file, Listed listed, byte[] bytes) {
    if (!Fingerprint.ofBytes(bytes).equals(listed.hash())) {
      throw new CurrywurstException(
          "%s has another picture at %s than when it was listed; start again."
              .formatted(file, listed.name()));
    }
    return bytes;
  }
}
