package dev.currywurst.train.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionFields;
import dev.currywurst.train.data.Captions;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.data.PictureBytes;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Inventory.Form;
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
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One pass over a folder of pictures in files of their own. Where training stops at the first
 * fault, this writes it down and goes on.
 */
final class FolderReading {
  private static final String BYTE_ORDER_MARK = "\ufeff";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path folder;
  private final ImageFolder layout;
  private final Map<Path, Entry> entries = new LinkedHashMap<>();
  private final List<Entry> unlisted = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();

  private FolderReading(Path folder, ImageFolder layout) {
    this.folder = folder;
    this.layout = layout;
  }

  /**
   * Lists a folder.
   *
   * @throws CurrywurstException if it is missing, cannot be read or holds no pictures
   */
  static Inventory of(Path folder, ImageFolder layout) {
    FolderReading reading = new FolderReading(folder, layout);
    Path metadata = ImageFolder.metadataFile(folder).orElse(null);
    try {
      Form form = Form.TEXTS;
      if (metadata == null) {
        reading.textsBeside();
      } else if (metadata.endsWith(Inventory.METADATA)) {
        form = Form.LINES;
        reading.lines(metadata);
        reading.unlisted(metadata);
      } else {
        form = Form.TABLE;
        reading.table(metadata);
        reading.unlisted(metadata);
      }
      if (reading.entries.isEmpty() && reading.findings.isEmpty()) {
        throw new CurrywurstException(
            folder
                + " holds no pictures (png, jpg, jpeg, gif, bmp, webp) and no "
                + Inventory.METADATA
                + ".");
      }
      return new Inventory(
          folder, form, List.copyOf(reading.entries.values()), reading.unlisted, reading.findings);
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    } catch (UncheckedIOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private Entry entry(Path file, List<String> captions, ObjectNode columns) {
    String name = name(file);
    return new Entry(name, name, PictureBytes.of(file), captions, columns);
  }

  private void lines(Path metadata) throws IOException {
    List<String> lines;
    try {
      lines = textLines(metadata);
    } catch (CharacterCodingException e) {
      throw Captions.undecodable(metadata, e);
    }
    if (lines.stream().allMatch(String::isBlank)) {
      broken(Inventory.METADATA, "names no pictures.");
    }
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        line(lines.get(i), Inventory.METADATA + ", line " + (i + 1));
      }
    }
  }

  /** A table is understood as a whole or not at all. */
  private void table(Path metadata) {
    Map<Path, ImageFolder.Said> said = Map.of();
    try {
      said = layout.metadata(folder);
    } catch (CurrywurstException e) {
      broken(name(metadata), "cannot be used: " + e.getMessage());
    }
    said.forEach(
        (picture, about) -> {
          ObjectNode columns = JSON.createObjectNode();
          if (about.weight() != 1) {
            columns.put(CaptionFields.WEIGHT, about.weight());
          }
          if (Files.isRegularFile(picture)) {
            entries.put(picture, entry(picture, about.captions(), columns));
          } else {
            add(
                Finding.Kind.PICTURE_MISSING,
                name(metadata),
                "names " + name(picture) + ", which is not there.");
          }
        });
  }

  private void unlisted(Path metadata) throws IOException {
    for (Path picture : files(true)) {
      if (!entries.containsKey(picture.normalize())) {
        unlisted.add(entry(picture, List.of(), JSON.createObjectNode()));
        add(
            Finding.Kind.UNUSED,
            name(picture),
            "is not named in " + name(metadata) + " and not used.");
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
    } else if (!object.path(layout.imageColumn()).isTextual()) {
      broken(where, CaptionFields.noName(object, layout.imageColumn()));
    } else {
      picture((ObjectNode) object, object.path(layout.imageColumn()).textValue(), where);
    }
  }

  private void picture(ObjectNode object, String name, String where) {
    Path picture;
    try {
      if (!ImageFolder.isWithin(folder, name)) {
        broken(where, "names \"" + name + "\", which lies outside the folder.");
        return;
      }
      picture = folder.resolve(name).normalize();
    } catch (InvalidPathException e) {
      broken(where, "names \"" + name + "\", which is no file name here.");
      return;
    }
    List<String> captions = new ArrayList<>();
    JsonNode value = object.path(layout.captionColumn());
    for (JsonNode element : value.isArray() ? value : List.of(value)) {
      if (element.isTextual()) {
        captions.add(element.textValue().strip());
      } else if (!element.isMissingNode() && !element.isNull()) {
        broken(where, "has something other than text under \"" + layout.captionColumn() + "\".");
      }
    }
    captions.removeIf(String::isEmpty);
    try {
      CaptionFields.weight(object, where);
    } catch (CurrywurstException e) {
      broken(where, Objects.requireNonNull(e.getMessage()));
    }
    if (!Files.isRegularFile(picture)) {
      add(Finding.Kind.PICTURE_MISSING, where, "names " + name + ", which is not there.");
      return;
    }
    Entry before = entries.get(picture);
    if (before != null) {
      captions.addAll(0, before.captions());
    }
    ObjectNode columns = object.deepCopy();
    columns.remove(List.of(layout.imageColumn(), layout.captionColumn()));
    entries.put(picture, entry(picture, captions, before == null ? columns : before.columns()));
  }

  private void textsBeside() throws IOException {
    Set<Path> texts = new LinkedHashSet<>(files(false));
    for (Path picture : files(true)) {
      String file = String.valueOf(picture.getFileName());
      Path text = picture.resolveSibling(file.substring(0, file.lastIndexOf('.')) + ".txt");
      List<String> captions = List.of();
      if (Files.isRegularFile(text)) {
        texts.remove(text);
        try {
          captions = textLines(text).stream().map(String::strip).filter(l -> !l.isEmpty()).toList();
        } catch (CharacterCodingException e) {
          broken(name(text), "is not UTF-8 text: save it as UTF-8.");
        }
      }
      entries.put(picture, entry(picture, captions, JSON.createObjectNode()));
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
          .filter(file -> pictures ? ImageFolder.isPicture(name(file)) : isText(file))
          .filter(file -> !name(file).startsWith(".") && !name(file).contains("/."))
          .filter(Files::isRegularFile)
          .sorted((a, b) -> a.toString().compareTo(b.toString()))
          .toList();
    }
  }

  private static boolean isText(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".txt");
  }

  private static List<String> textLines(Path file) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    if (!lines.isEmpty() && lines.get(0).startsWith(BYTE_ORDER_MARK)) {
      lines.set(0, lines.get(0).substring(1));
    }
    return lines;
  }
}
