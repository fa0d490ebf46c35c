package dev.currywurst.train.source;

import dev.currywurst.hub.UserCache;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.PictureBytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where a set of pictures lies, found by its name; what is in it was not looked at yet. */
public sealed interface Location {
  /** As it was named. */
  String source();

  /** What the user should know about what was passed over. */
  List<String> notices();

  /**
   * Pictures in files of their own.
   *
   * @param path the folder, perhaps one within that which was named
   */
  record Folder(String source, Path path, List<String> notices) implements Location {
    public Folder {
      notices = List.copyOf(notices);
    }
  }

  /**
   * Files that hold many pictures, all of one format.
   *
   * @param files in their order
   * @param cache for the indexes of what is in them
   */
  record Archives(String source, List<Path> files, Path cache, List<String> notices)
      implements Location {
    private static final byte[] PARQUET = "PAR1".getBytes(StandardCharsets.ISO_8859_1);

    public Archives {
      files = List.copyOf(files);
      notices = List.copyOf(notices);
    }

    /** Told by the first file's first bytes. */
    public Dataset.Format format() {
      Path file = files.get(0);
      try (InputStream stream = Files.newInputStream(file)) {
        return Arrays.equals(stream.readNBytes(PARQUET.length), PARQUET)
            ? Dataset.Format.PARQUET
            : Dataset.Format.WEBDATASET;
      } catch (IOException e) {
        throw new CurrywurstException(file + " cannot be read: " + e.getMessage() + ".", e);
      }
    }

    /** The files, each of which lists its pictures when it is asked to. */
    public List<Part> parts(Columns columns) {
      boolean parquet = format() == Dataset.Format.PARQUET;
      ArchiveIndex index = new ArchiveIndex(cache);
      return files.stream().map(file -> new Part(file, parquet, columns, index)).toList();
    }

    /** What to say if none of the files holds a picture. */
    public CurrywurstException empty() {
      return new CurrywurstException(
          "%s holds no pictures%s."
              .formatted(
                  source,
                  format() == Dataset.Format.PARQUET
                      ? ""
                      : " (png, jpg, webp, gif or bmp members)"));
    }
  }

  /** One of several archives. */
  final class Part {
    private final Path file;
    private final boolean parquet;
    private final Columns columns;
    private final ArchiveIndex index;

    private Part(Path file, boolean parquet, Columns columns, ArchiveIndex index) {
      this.file = file;
      this.parquet = parquet;
      this.columns = columns;
      this.index = index;
    }

    /** The archive. */
    public Path file() {
      return file;
    }

    /**
     * Its pictures in their order, those without a caption too. The archive is read through once;
     * afterwards its index tells.
     *
     * @throws CurrywurstException if it is damaged, or has no such columns
     */
    public List<Archived> pictures() {
      Archive archive =
          parquet ? ParquetArchive.open(file, columns) : new TarArchive(file, columns);
      return index.list(archive).stream()
          .map(
              one ->
                  new Archived(
                      archive.picture(one), one.name(), one.captions(), one.hash(), one.weight()))
          .toList();
    }
  }

  /**
   * A picture in an archive.
   *
   * @param picture its bytes, which are read when they are asked for
   * @param member its name within the archive
   * @param captions none if it has none
   * @param hash SHA-256 of its bytes
   * @param weight see {@link dev.currywurst.train.data.CaptionedImage}
   */
  record Archived(
      PictureBytes picture, String member, List<String> captions, String hash, double weight) {
    public Archived {
      captions = List.copyOf(captions);
    }
  }

  /** Finds a set; streams go through the user's cache. */
  static Location of(Path source) {
    return of(address(source), UserCache.folder());
  }

  /**
   * Finds a set.
   *
   * @param source what {@link Dataset} takes
   * @param cache for what streams bring and for the indexes of archives
   * @throws CurrywurstException if there is nothing of that name
   */
  static Location of(String source, Path cache) {
    if (Streams.isStream(source)) {
      List<Path> files =
          Braces.expand(source).stream().map(name -> Streams.fetch(name, cache)).toList();
      return new Archives(source, files, cache, List.of());
    }
    Path path = FolderSearch.path(source);
    if (Files.isDirectory(path)) {
      return FolderSearch.search(source, path, cache, new ArrayList<>());
    }
    List<Path> files = Files.exists(path) ? List.of(path) : Braces.files(source);
    return new Archives(source, files, cache, List.of());
  }

  /** An address that was made a path has lost a slash by it. */
  static String address(Path source) {
    return source.toString().replaceFirst("^(https?:)/([^/])", "$1//$2");
  }
}
