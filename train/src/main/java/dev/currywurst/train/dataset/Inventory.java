package dev.currywurst.train.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The pictures of a folder and what is said about them, faults and all: where {@link
 * dev.currywurst.train.data.ImageFolder} stops at the first fault, this goes on and lists them.
 *
 * @param folder the folder
 * @param entries the pictures, in the order of {@code metadata.jsonl} or else by path
 * @param unlisted pictures that {@code metadata.jsonl} does not name, so that they are not used
 * @param findings what is wrong with the captions and the files' names
 */
public record Inventory(
    Path folder, List<Entry> entries, List<Entry> unlisted, List<Finding> findings) {
  /** The file of Hugging Face's {@code imagefolder}. */
  public static final String METADATA = "metadata.jsonl";

  private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "gif", "bmp", "webp");
  private static final String BYTE_ORDER_MARK = "\ufeff";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * One picture.
   *
   * @param name its path below the folder, with {@code /}
   * @param file the picture, which may be missing or broken
   * @param captions what is said about it, perhaps nothing
   * @param columns everything else that {@code metadata.jsonl} says about it
   */
  public record Entry(String name, Path file, List<String> captions, ObjectNode columns) {
    public Entry {
      captions = List.copyOf(captions);
      columns = columns.deepCopy();
    }

    @Override
    public ObjectNode columns() {
      return columns.deepCopy();
    }
  }

  public Inventory {
    entries = List.copyOf(entries);
    unlisted = List.copyOf(unlisted);
    findings = List.copyOf(findings);
  }

  /**
   * Lists a folder with the keys {@code file_name} and {@code text}.
   *
   * @throws CurrywurstException if the folder is missing, cannot be read or holds no pictures
   */
  public static Inventory of(Path folder) {
    return of(folder, "file_name", "text");
  }

  /**
   * Lists a folder.
   *
   * @param imageColumn the key of a picture's name in {@code metadata.jsonl}
   * @param captionColumn the key of its caption or captions
   * @throws CurrywurstException if the folder is missing, cannot be read or holds no pictures
   */
  public static Inventory of(Path folder, String imageColumn, String captionColumn) {
    if (!Files.isDirectory(folder)) {
      throw new CurrywurstException(
          folder + (Files.exists(folder) ? " is not a folder." : " does not exist."));
    }
    try {
      Reading reading = new Reading(folder, imageColumn, captionColumn);
      if (Files.isRegularFile(folder.resolve(METADATA))) {
        reading.metadata(folder.resolve(METADATA));
      } else {
        reading.textsBeside();
      }
      if (reading.entries.isEmpty() && reading.findings.isEmpty()) {
        throw new CurrywurstException(
            folder
                + " holds no pictures (png, jpg, jpeg, gif, bmp, webp) and no "
                + METADATA
                + ".");
      }
      return new Inventory(
          folder, List.copyOf(reading.entries.values()), reading.unlisted, reading.findings);
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    } catch (UncheckedIOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** One pass over a folder. */
  private static final class Reading {
    private final Path folder;
    private final String imageColumn;
    private final String captionColumn;
    private final Map<Path, Entry> entries = new LinkedHashMap<>();
    private final List<Entry> unlisted = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    Reading(Path folder, String imageColumn, String captionColumn) {
      this.folder = folder;
      this.imageColumn = imageColumn;
      this.captionColumn = captionColumn;
    }

    void metadata(Path metadata) throws IOException {
      List<String> lines;
      try {
        lines = lines(metadata);
      } catch (CharacterCodingException e) {
        throw new CurrywurstException(metadata + " is not UTF-8 text: save it as UTF-8.", e);
      }
      for (int i = 0; i < lines.size(); i++) {
        if (!lines.get(i).isBlank()) {
          line(lines.get(i), METADATA + ", line " + (i + 1));
        }
      }
      for (Path picture : files(true)) {
        if (!entries.containsKey(picture.normalize())) {
          unlisted.add(new Entry(name(picture), picture, List.of(), JSON.createObjectNode()));
          add(Finding.Kind.UNUSED, name(picture), "is not named in " + METADATA + " and not used.");
        }
      }
    }

    private void line(String line, String where) {
      JsonNode object;
      try {
        object = JSON.readTree(line);
      } catch (JsonProcessingException e) {
        broken(where, "is not valid JSON: " + e.getOriginalMessage() + ".");
        return;
      }
      if (!object.isObject()) {
        broken(where, "is not a JSON object.");
      } else if (!object.path(imageColumn).isTextual()) {
        broken(where, "has no text under \"" + imageColumn + "\".");
      } else {
        picture((ObjectNode) object, object.path(imageColumn).textValue(), where);
      }
    }

    private void picture(ObjectNode object, String name, String where) {
      Path picture;
      try {
        picture = folder.resolve(name).normalize();
        if (!picture.startsWith(folder.normalize()) || Path.of(name).isAbsolute()) {
          broken(where, "names \"" + name + "\", which lies outside the folder.");
          return;
        }
      } catch (InvalidPathException e) {
        broken(where, "names \"" + name + "\", which is no file name here.");
        return;
      }
      List<String> captions = new ArrayList<>();
      JsonNode value = object.path(captionColumn);
      for (JsonNode element : value.isArray() ? value : List.of(value)) {
        if (element.isTextual()) {
          captions.add(element.textValue().strip());
        } else if (!element.isMissingNode() && !element.isNull()) {
          broken(where, "has something other than text under \"" + captionColumn + "\".");
        }
      }
      captions.removeIf(String::isEmpty);
      if (!Files.isRegularFile(picture)) {
        add(Finding.Kind.PICTURE_MISSING, where, "names " + name + ", which is not there.");
        return;
      }
      Entry before = entries.get(picture);
      if (before != null) {
        captions.addAll(0, before.captions());
      }
      ObjectNode columns = object.deepCopy();
      columns.remove(List.of(imageColumn, captionColumn));
      entries.put(
          picture,
          new Entry(name(picture), picture, captions, before == null ? columns : before.columns()));
    }

    void textsBeside() throws IOException {
      Set<Path> texts = new LinkedHashSet<>(files(false));
      for (Path picture : files(true)) {
        String file = String.valueOf(picture.getFileName());
        Path text = picture.resolveSibling(file.substring(0, file.lastIndexOf('.')) + ".txt");
        List<String> captions = List.of();
        if (Files.isRegularFile(text)) {
          texts.remove(text);
          try {
            captions = lines(text).stream().map(String::strip).filter(l -> !l.isEmpty()).toList();
          } catch (CharacterCodingException e) {
            broken(name(text), "is not UTF-8 text: save it as UTF-8.");
          }
        }
        entries.put(picture, new Entry(name(picture), picture, captions, JSON.createObjectNode()));
      }
      for (Path text : texts) {
        add(Finding.Kind.UNUSED, name(text), "has no picture of its name beside it.");
      }
    }

    private void broken(String where, String message) {
      add(Finding.Kind.CAPTIONS_BROKEN, where, message);
    }

    private void add(Finding.Kind kind, String where, String message) {
      findings.add(new Finding(kind, where, message));
    }

    private String name(Path file) {
      Path relative = folder.normalize().relativize(file.normalize());
      List<String> parts = new ArrayList<>();
      relative.forEach(part -> parts.add(part.toString()));
      return String.join("/", parts);
    }

    /** All pictures, or all texts, by path; what hides behind a dot stays hidden. */
    private List<Path> files(boolean pictures) throws IOException {
      try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
        return files
            .filter(file -> pictures ? EXTENSIONS.contains(extension(file)) : isText(file))
            .filter(file -> !name(file).startsWith(".") && !name(file).contains("/."))
            .filter(Files::isRegularFile)
            .sorted((a, b) -> a.toString().compareTo(b.toString()))
            .toList();
      }
    }

    private static boolean isText(Path file) {
      return extension(file).equals("txt");
    }

    private static List<String> lines(Path file) throws IOException {
      List<String> lines = new ArrayList<>(Files.readAllLines(file));
      if (!lines.isEmpty() && lines.get(0).startsWith(BYTE_ORDER_MARK)) {
        lines.set(0, lines.get(0).substring(1));
      }
      return lines;
    }
  }

  /** In lower case, without the dot. */
  static String extension(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
