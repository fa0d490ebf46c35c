package dev.currywurst.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A JSON object with the path it came from, so that each complaint can name the file. */
record JsonFile(Path path, JsonNode root) {
  /** A vocabulary is 49408 names that occur once each: looking for repeated ones takes longer. */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .build())
          .build();

  /** The object in a file, or an empty one if there is no such file. */
  static JsonFile readIfPresent(Path path) {
    return Files.exists(path) ? read(path) : new JsonFile(path, MAPPER.createObjectNode());
  }

  static JsonFile read(Path path) {
    JsonNode root;
    try {
      root = MAPPER.readTree(path.toFile());
    } catch (JsonProcessingException e) {
      throw new CurrywurstException(
          "%s is not valid JSON (line %d, column %d: %s); fetch the file again."
              .formatted(
                  path,
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getLocation() == null ? 1 : e.getLocation().getColumnNr(),
                  e.getOriginalMessage().replaceFirst("(?s) \\(start marker.*|\n.*", "")),
          e);
    } catch (IOException e) {
      throw new CurrywurstException(
          "%s cannot be read (%s).".formatted(path, e.getClass().getSimpleName()), e);
    }
    if (!root.isObject()) {
      throw new CurrywurstException(
          "%s must hold one JSON object in braces; fetch the file again.".formatted(path));
    }
    return new JsonFile(path, root);
  }

  /** The value of a key, or null if it is absent or JSON's null. */
  @Nullable JsonNode get(String key) {
    return root.hasNonNull(key) ? root.get(key) : null;
  }

  /** The value of a key that must be an object. */
  JsonNode object(String... keys) {
    JsonNode node = root;
    for (String key : keys) {
      node = node.path(key);
    }
    if (!node.isObject()) {
      throw new CurrywurstException(
          "%s has no object \"%s\"; fetch the file again.".formatted(path, String.join(".", keys)));
    }
    return node;
  }

  /** A token's id: a whole number from 0. */
  int id(String token, JsonNode id) {
    if (!id.canConvertToInt() || !id.isIntegralNumber() || id.intValue() < 0) {
      throw new CurrywurstException(
          "%s gives the token '%s' the id %s; ids are whole numbers from 0."
              .formatted(path, token, id));
    }
    return id.intValue();
  }
}
