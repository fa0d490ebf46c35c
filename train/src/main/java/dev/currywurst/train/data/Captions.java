package dev.currywurst.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what a folder says about its pictures: picture file to captions, in order. */
final class Captions {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private Captions() {}

  /**
   * One JSON object per line. A caption is a string or an array of strings; several lines for one
   * picture add up.
   */
  static Map<Path, List<String>> ofJsonLines(
      Path metadata, Path folder, String imageColumn, String captionColumn) throws IOException {
    Map<Path, List<String>> captions = new LinkedHashMap<>();
    int number = 0;
    for (String line : lines(metadata)) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String where = metadata + ", line " + number;
      JsonNode object = parse(line, where);
      Path picture = inside(folder, text(object, imageColumn, where), where);
      captions
          .computeIfAbsent(picture, p -> new ArrayList<>())
          .addAll(list(object, captionColumn, where));
    }
    return captions;
  }

  private static JsonNode parse(String line, String where) {
    try {
      JsonNode node = JSON.readTree(line);
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw new CurrywurstException(
          where + " is not valid JSON: " + e.getOriginalMessage() + ".", e);
    }
    throw new CurrywurstException(where + " is not a JSON object.");
  }

  private static String text(JsonNode object, String column, String where) {
    JsonNode value = object.path(column);
    if (!value.isTextual()) {
      throw new CurrywurstException(where + " has no text under \"" + column + "\".");
    }
    return value.textValue();
  }

  /**
   * Missing, null and empty captions give nothing here; the folder names such pictures together.
   */
  private static List<String> list(JsonNode object, String column, String where) {
    JsonNode value = object.path(column);
    List<String> captions = new ArrayList<>();
    for (JsonNode element : value.isArray() ? value : List.of(value)) {
      if (element.getNodeType() != JsonNodeType.MISSING
          && element.getNodeType() != JsonNodeType.NULL
          && !element.isTextual()) {
        throw new CurrywurstException(
            where + " has something other than text under \"" + column + "\".");
      }
      String caption = element.asText("").strip();
      if (element.isTextual() && !caption.isEmpty()) {
        captions.add(caption);
      }
    }
    return captions;
  }

  /** A name from a file may not lead out of the folder. */
  private static Path inside(Path folder, String name, String where) {
    try {
      Path picture = folder.resolve(name).normalize();
      if (picture.startsWith(folder.normalize()) && !Path.of(name).isAbsolute()) {
        return picture;
      }
    } catch (InvalidPathException e) {
      throw new CurrywurstException(
          where + " names \"" + name + "\", which is not a file name here.", e);
    }
    throw new CurrywurstException(
        where + " names \"" + name + "\", which lies outside the folder: move the picture inside.");
  }

  /** The captions beside a picture: each line of the same-named {@code .txt} is one. */
  static List<String> beside(Path picture) throws IOException {
    String name = picture.getFileName().toString();
    Path text = picture.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".txt");
    if (!Files.isRegularFile(text)) {
      return List.of();
    }
    return lines(text).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      List<String> lines = new ArrayList<>(Files.readAllLines(file));
      if (!lines.isEmpty() && lines.get(0).startsWith(BYTE_ORDER_MARK)) {
        lines.set(0, lines.get(0).substring(1));
      }
      return lines;
    } catch (CharacterCodingException e) {
      throw new CurrywurstException(file + " is not UTF-8 text: save it as UTF-8.", e);
    }
  }
}
