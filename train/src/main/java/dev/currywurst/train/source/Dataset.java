package dev.currywurst.train.source;

import dev.currywurst.hub.UserCache;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.ImageFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

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
  private static final byte[] PARQUET = "PAR1".getBytes(StandardCharsets.ISO_8859_1);
  private static final String TRAIN = "train";
  private static final List<String> OTHER_SPLITS =
      List.of("test", "validation", "valid", "val", "dev", "eval");

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
    return open(address(source), columns);
  }

  /**
   * Looks whether something is there at all, before anything takes time.
   *
   * @throws CurrywurstException if not
   */
  public static void requireThere(Path source) {
    if (!Files.exists(source)
        && !Streams.isStream(address(source))
        && !Braces.isPattern(source.toString())) {
      throw new CurrywurstException("There is no folder " + source + "; give one of pictures.");
    }
  }

  private static String address(Path source) {
    return source.toString().replaceFirst("^(https?:)/([^/])", "$1//$2");
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
    if (Streams.isStream(source)) {
      List<Path> files =
          Braces.expand(source).stream().map(name -> Streams.fetch(name, cache)).toList();
      return ofArchives(source, files, columns, cache, List.of());
    }
    Path path = path(source);
    if (Files.isDirectory(path)) {
      return ofFolder(source, path, columns, cache, new ArrayList<>());
    }
    List<Path> files = Files.exists(path) ? List.of(path) : Braces.files(source);
    return ofArchives(source, files, columns, cache, List.of());
  }

  private static Path path(String source) {
    try {
      return Path.of(source);
    } catch (InvalidPathException e) {
      throw new CurrywurstException(source + " is not a file name here.", e);
    }
  }

  private static Dataset ofFolder(
      String source, Path folder, Columns columns, Path cache, List<String> notices) {
    if (!ImageFolder.hasMetadata(folder)) {
      List<Path> parquet = archives(folder, ".parquet");
      if (!parquet.isEmpty()) {
        return ofArchives(source, training(parquet, notices), columns, cache, notices);
      }
      List<Path> tars = archives(folder, ".tar");
      if (!tars.isEmpty()) {
        return ofArchives(source, training(tars, notices), columns, cache, notices);
      }
      List<String> others =
          OTHER_SPLITS.stream().filter(name -> Files.isDirectory(folder.resolve(name))).toList();
      Path train = folder.resolve(TRAIN);
      if (Files.isDirectory(train) && (!others.isEmpty() || ImageFolder.hasMetadata(train))) {
        if (!others.isEmpty()) {
          notices.add(
              "%s: trains on %s; %s is left out."
                  .formatted(folder, TRAIN, String.join(", ", others)));
        }
        return ofFolder(source, train, columns, cache, notices);
      }
    }
    return new Dataset(source, Format.IMAGEFOLDER, columns.folder().list(folder), notices);
  }

  /** Archives that lie in a folder or, as on the hub, in its {@code data}. */
  private static List<Path> archives(Path folder, String ending) {
    List<Path> found = new ArrayList<>();
    for (Path place : List.of(folder, folder.resolve("data"))) {
      if (found.isEmpty() && Files.isDirectory(place)) {
        try (Stream<Path> files = Files.list(place)) {
          files
              .filter(file -> file.toString().endsWith(ending) && Files.isRegularFile(file))
              .filter(file -> !String.valueOf(file.getFileName()).startsWith("."))
              .sorted()
              .forEach(found::add);
        } catch (IOException e) {
          throw new CurrywurstException(place + " cannot be read: " + e.getMessage() + ".", e);
        }
      }
    }
    return found;
  }

  /** Where files are named by their split, those to train on. */
  private static List<Path> training(List<Path> files, List<String> notices) {
    List<Path> train = files.stream().filter(file -> isSplit(file, List.of(TRAIN))).toList();
    List<Path> others = files.stream().filter(file -> isSplit(file, OTHER_SPLITS)).toList();
    if (train.isEmpty() || others.isEmpty()) {
      return files;
    }
    notices.add(
        "Trains on %d files named %s; %d others are left out, %s first."
            .formatted(train.size(), TRAIN, others.size(), others.get(0).getFileName()));
    return train;
  }

  private static boolean isSplit(Path file, List<String> names) {
    String start = String.valueOf(file.getFileName()).split("[-_.]", 2)[0];
    return names.contains(start);
  }

  private static Dataset ofArchives(
      String source, List<Path> files, Columns columns, Path cache, List<String> notices) {
    boolean parquet = isParquet(files.get(0));
    ArchiveIndex index = new ArchiveIndex(cache);
    List<CaptionedImage> images =
        files.parallelStream()
            .map(
                file ->
                    parquet ? ParquetArchive.open(file, columns) : new TarArchive(file, columns))
            .flatMap(archive -> images(archive, index).stream())
            .toList();
    if (images.isEmpty()) {
      throw new CurrywurstException(
          "%s holds no pictures%s."
              .formatted(source, parquet ? "" : " (png, jpg, webp, gif or bmp members)"));
    }
    return new Dataset(source, parquet ? Format.PARQUET : Format.WEBDATASET, images, notices);
  }

  private static boolean isParquet(Path file) {
    try (InputStream stream = Files.newInputStream(file)) {
      return Arrays.equals(stream.readNBytes(PARQUET.length), PARQUET);
    } catch (IOException e) {
      throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private static List<CaptionedImage> images(Archive archive, ArchiveIndex index) {
    List<Listed> listed = index.list(archive);
    List<String> silent =
        listed.stream().filter(one -> one.captions().isEmpty()).map(Listed::name).toList();
    if (!silent.isEmpty()) {
      int others = silent.size() - NAMED_IN_ERRORS;
      throw new CurrywurstException(
          "%s has pictures without a caption: %s%s."
              .formatted(
                  archive.file(),
                  String.join(", ", silent.stream().limit(NAMED_IN_ERRORS).toList()),
                  others > 0 ? " and " + others + " more" : ""));
    }
    return listed.stream()
        .map(
            one ->
                new CaptionedImage(archive.picture(one), one.captions(), one.hash(), one.weight()))
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
