package dev.currywurst.train.data;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the captioned pictures of a folder in either usual layout.
 *
 * <ul>
 *   <li>Hugging Face's {@code imagefolder}: a {@code metadata.jsonl}, {@code .csv} or {@code
 *       .parquet} whose lines name a picture, also in a subfolder, and its caption or captions; a
 *       {@code weight} says how often the picture is seen. Order: that of the lines.
 *   <li>Otherwise pictures in the folder and below, each with captions in a {@code .txt} of the
 *       same name, one per line. Order: by path.
 * </ul>
 *
 * @param imageColumn the key of the picture's name in the metadata
 * @param captionColumn the key of its caption: a string or an array of strings
 */
public record ImageFolder(String imageColumn, String captionColumn) {
  /** The keys that {@code imagefolder} documents. */
  public static final ImageFolder DEFAULT = new ImageFolder("file_name", "text");

  private static final Logger log = LoggerFactory.getLogger(ImageFolder.class);
  private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "gif", "bmp", "webp");
  private static final int NAMED_IN_ERRORS = 5;

  /**
   * Lists the pictures; none is decoded yet.
   *
   * @throws CurrywurstException if the folder is missing or holds no pictures, if pictures have no
   *     caption or are not there, or if the metadata are broken or lead out of the folder
   */
  public List<CaptionedImage> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CurrywurstException(
          folder + (Files.exists(folder) ? " is not a folder." : " does not exist."));
    }
    try {
      List<Path> pictures = pictures(folder);
      Optional<Path> metadata = Metadata.in(folder);
      return metadata.isPresent()
          ? listed(metadata.get(), folder, pictures)
          : beside(folder, pictures);
    } catch (IOException e) {
      throw unreadable(folder, e);
    } catch (UncheckedIOException e) {
      throw unreadable(folder, e.getCause());
    }
  }

  private static CurrywurstException unreadable(Path folder, IOException e) {
    return new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
  }

  private List<CaptionedImage> listed(Path metadata, Path folder, List<Path> pictures)
      throws IOException {
    Map<Path, Metadata.Entry> entries =
        new Metadata(metadata, folder, imageColumn, captionColumn).read();
    if (entries.isEmpty()) {
      throw new CurrywurstException(metadata + " names no pictures.");
    }
    refuse(
        entries.keySet(),
        picture -> !Files.isRegularFile(picture),
        metadata + " names pictures that are not there");
    refuse(
        entries.keySet(),
        picture -> entries.get(picture).captions().isEmpty(),
        metadata + " has pictures without a caption under \"" + captionColumn + "\"");
    long ignored =
        pictures.stream().map(Path::normalize).filter(p -> !entries.containsKey(p)).count();
    if (ignored > 0) {
      log.warn("{} leaves out {} pictures of its folder; they are not used", metadata, ignored);
    }
    return entries.entrySet().parallelStream()
        .map(e -> image(e.getKey(), e.getValue().captions(), e.getValue().weight()))
        .toList();
  }

  /**
   * What a folder's metadata say, whether the pictures are there or not.
   *
   * @throws CurrywurstException if there are no metadata, or they are broken
   */
  public Map<Path, Said> metadata(Path folder) {
    Path metadata =
        Metadata.in(folder)
            .orElseThrow(() -> new CurrywurstException(folder + " has no metadata of pictures."));
    try {
      Map<Path, Said> said = new LinkedHashMap<>();
      new Metadata(metadata, folder, imageColumn, captionColumn)
          .read()
          .forEach((file, entry) -> said.put(file, new Said(entry.captions(), entry.weight())));
      return said;
    } catch (IOException e) {
      throw unreadable(metadata, e);
    }
  }

  /**
   * What metadata say about a picture.
   *
   * @param captions perhaps none
   * @param weight see {@link CaptionedImage}
   */
  public record Said(List<String> captions, double weight) {
    public Said {
      captions = List.copyOf(captions);
    }
  }

  /** The metadata of a folder, if there are any. */
  public static Optional<Path> metadataFile(Path folder) {
    return Metadata.in(folder);
  }

  private static CaptionedImage image(Path file, List<String> captions, double weight) {
    return new CaptionedImage(new PictureFile(file), captions, Fingerprint.ofFile(file), weight);
  }

  private static List<CaptionedImage> beside(Path folder, List<Path> pictures) throws IOException {
    if (pictures.isEmpty()) {
      throw new CurrywurstException(
          folder
              + " holds no pictures ("
              + String.join(", ", EXTENSIONS.stream().sorted().toList())
              + ") and no "
              + Metadata.NAMES.get(0)
              + ".");
    }
    Map<Path, List<String>> captions = new LinkedHashMap<>();
    for (Path picture : pictures) {
      captions.put(picture, Captions.beside(picture));
    }
    refuse(
        pictures,
        picture -> captions.getOrDefault(picture, List.of()).isEmpty(),
        folder + " has no metadata.jsonl and pictures without a caption in a .txt beside them");
    return captions.entrySet().parallelStream()
        .map(entry -> image(entry.getKey(), entry.getValue(), 1))
        .toList();
  }

  /** All offenders in one sentence, so that the user does not mend them one by one. */
  private static void refuse(Iterable<Path> pictures, Predicate<Path> offends, String what) {
    List<Path> offenders =
        StreamSupport.stream(pictures.spliterator(), false).filter(offends).toList();
    if (offenders.isEmpty()) {
      return;
    }
    String names =
        offenders.stream()
            .limit(NAMED_IN_ERRORS)
            .map(Path::toString)
            .collect(Collectors.joining(", "));
    int others = offenders.size() - NAMED_IN_ERRORS;
    throw new CurrywurstException(
        what + ": " + names + (others > 0 ? " and " + others + " more." : "."));
  }

  /** True if a folder holds metadata of pictures. */
  public static boolean hasMetadata(Path folder) {
    return Metadata.in(folder).isPresent();
  }

  /**
   * True if a name in a folder's metadata does not lead out of the folder.
   *
   * @throws java.nio.file.InvalidPathException if it is no file name here
   */
  public static boolean isWithin(Path folder, String name) {
    // Whole paths: "." has no name that others could begin with.
    Path place = folder.toAbsolutePath().normalize();
    return !Path.of(name).isAbsolute()
        && folder.resolve(name).toAbsolutePath().normalize().startsWith(place);
  }

  /** True if a name ends as those of pictures do. */
  public static boolean isPicture(String name) {
    return EXTENSIONS.contains(extension(name));
  }

  /** Files with a picture's extension, by path; what hides behind a dot stays hidden. */
  private static List<Path> pictures(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return files
          .filter(file -> isPicture(file.toString()) && !hidden(folder.relativize(file)))
          .filter(Files::isRegularFile)
          .sorted((a, b) -> a.toString().compareTo(b.toString()))
          .toList();
    }
  }

  private static boolean hidden(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static String extension(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
