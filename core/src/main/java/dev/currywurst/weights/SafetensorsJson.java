package dev.currywurst.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.weights.SafetensorsHeader.Claim;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses the JSON of a safetensors header; what the numbers mean is not its business. */
final class SafetensorsJson {
  static final JsonFactory JSON =
      JsonFactory.builder()
          // Names are all different: to pool them helps nobody but an attacker.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(64)
                  // Training tools store whole tag tables in one metadata value.
                  .maxStringLength((int) SafetensorsHeader.LONGEST)
                  .build())
          .build();

  /** So that no file fills the memory: the largest models have 100,000 tensors of three fields. */
  static final int MOST_NAMES = 1_000_000;

  private static final int MOST_DIMENSIONS = 64;

  static final String METADATA = "__metadata__";

  private final Path file;
  private final JsonParser json;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final List<Claim> claims = new ArrayList<>();
  private int names;

  private SafetensorsJson(Path file, JsonParser json) {
    this.file = file;
    this.json = json;
  }

  static SafetensorsJson parse(Path file, byte[] header) throws IOException {
    int start = 0;
    // The description demands "{" as the first byte, but the reference accepts white space before
    // it: some writers align the tensors that way.
    while (start < header.length && isJsonSpace(header[start])) {
      start++;
    }
    if (start == header.length || header[start] != '{') {
      throw Refusal.of(
          file, "its header does not begin with {; it is broken or no safetensors file");
    }
    // Not from the bytes directly: JSON parsers would guess UTF-16 or UTF-32.
    Reader strict =
        new InputStreamReader(
            new ByteArrayInputStream(header),
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
    try (JsonParser json = JSON.createParser(strict)) {
      SafetensorsJson parsed = new SafetensorsJson(file, json);
      parsed.header();
      return parsed;
    } catch (CharacterCodingException e) {
      throw Refusal.of(file, "its header is not valid UTF-8; it is broken, fetch it again", e);
    } catch (JsonProcessingException e) {
      // A location is missing when a limit, such as the depth, was overstepped.
      JsonLocation at = e.getLocation();
      throw Refusal.of(
          file,
          "its header is not valid JSON"
              + (at == null ? "" : " at column " + at.getColumnNr())
              + " ("
              + Printable.plain(e.getOriginalMessage())
              + ")",
          e);
    }
  }

  /** The strings under {@code __metadata__}. */
  Map<String, String> metadata() {
    return metadata;
  }

  /** What the header says of each tensor, in its own order. */
  List<Claim> claims() {
    return claims;
  }

  private static boolean isJsonSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  private void header() throws IOException {
    Set<String> seen = new HashSet<>();
    json.nextToken();
    while (nextName()) {
      String name = json.currentName();
      if (!seen.add(name)) {
        throw refuse("its header names " + Printable.quoted(name) + " twice");
      }
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
        throw refuse("the name " + Printable.quoted(name) + " is not valid Unicode");
      }
      json.nextToken();
      if (name.equals(METADATA)) {
        readMetadata();
      } else {
        claims.add(claim(name));
      }
    }
    if (json.nextToken() != null) {
      throw refuse("its header goes on after the closing }");
    }
  }

  /** Goes to the next name of the current object, if there is one. */
  private boolean nextName() throws IOException {
    if (json.nextToken() != JsonToken.FIELD_NAME) {
      return false;
    }
    if (++names > MOST_NAMES) {
      throw refuse("its header has more than " + MOST_NAMES + " names");
    }
    return true;
  }

  private void readMetadata() throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return; // The reference takes null for absent.
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw refuse("its " + METADATA + " is not an object of strings");
    }
    while (nextName()) {
      String key = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw refuse("its " + METADATA + " value " + Printable.quoted(key) + " is not a string");
      }
      if (metadata.put(key, json.getText()) != null) {
        throw refuse("its " + METADATA + " names " + Printable.quoted(key) + " twice");
      }
    }
  }

  private Claim claim(String name) throws IOException {
    String tensor = "tensor " + Printable.quoted(name);
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw refuse(tensor + " is not described by an object");
    }
    @Nullable StoredType type = null;
    @Nullable List<Long> shape = null;
    @Nullable List<Long> offsets = null;
    Set<String> seen = new HashSet<>();
    while (nextName()) {
      String field = json.currentName();
      if (!seen.add(field)) {
        throw refuse(tensor + " has " + Printable.quoted(field) + " twice");
      }
      json.nextToken();
      switch (field) {
        case "dtype" -> type = type(tensor);
        case "shape" -> shape = integers(tensor, field);
        case "data_offsets" -> offsets = integers(tensor, field);
        default -> json.skipChildren(); // The reference ignores what it does not know.
      }
    }
    if (type == null || shape == null || offsets == null) {
      String missing = type == null ? "dtype" : shape == null ? "shape" : "data_offsets";
      throw refuse(tensor + " has no " + missing);
    }
    if (offsets.size() != 2) {
      throw refuse(tensor + " has " + offsets.size() + " data_offsets instead of 2");
    }
    return new Claim(name, type, shape, offsets.get(0), offsets.get(1));
  }

  private StoredType type(String tensor) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw refuse(tensor + " has a dtype that is not a string");
    }
    String name = json.getText();
    return StoredType.named(name)
        .orElseThrow(
            () ->
                refuse(
                    tensor
                        + " has the dtype "
                        + Printable.quoted(name)
                        + ", which the safetensors format does not know"));
  }

  private List<Long> integers(String tensor, String field) throws IOException {
    String rule = tensor + " needs whole numbers from 0 up in " + field;
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw refuse(rule);
    }
    List<Long> values = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
          || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || json.getLongValue() < 0) {
        throw refuse(rule + ", and below 2^63");
      }
      values.add(json.getLongValue());
      if (values.size() > MOST_DIMENSIONS) {
        throw refuse(tensor + " has more than " + MOST_DIMENSIONS + " numbers in " + field);
      }
    }
    return values;
  }

  private CurrywurstException refuse(String problem) {
    return Refusal.of(file, problem);
  }
}
