package dev.currywurst.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import dev.currywurst.tensor.CurrywurstException;
import java.util.ArrayList;
import java.util.List;

/** What a JSON object says about a picture. */
public final class CaptionFields {
  /** The key and column of {@link CaptionedImage#weight()}. */
  public static final String WEIGHT = "weight";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private CaptionFields() {}

  /**
   * The object that a line or a file is.
   *
   * @param where it stands, for messages
   * @throws CurrywurstException if it is something else
   */
  public static JsonNode parse(String json, String where) {
    try {
      JsonNode node = JSON.readTree(json);
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw new CurrywurstException(
          where + " is not valid JSON: " + e.getOriginalMessage() + ".", e);
    }
    throw new CurrywurstException(where + " is not a JSON object.");
  }

  /**
   * Captions under a key: a string or an array of them. Missing, null and empty ones give nothing
   * here; whoever reads a whole set names such pictures together.
   *
   * @throws CurrywurstException if there is something other than text
   */
  public static List<String> captions(JsonNode object, String column, String where) {
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

  /** Says that an object names no picture, and what it has instead. */
  public static String noName(JsonNode object, String column) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return "has no text under \"%s\"%s."
        .formatted(column, names.isEmpty() ? "" : ", but keys " + String.join(", ", names));
  }

  /**
   * The weight, 1 where there is none.
   *
   * @throws CurrywurstException if it is no number from 0 up
   */
  public static double weight(JsonNode object, String where) {
    JsonNode weight = object.path(WEIGHT);
    if (weight.isMissingNode() || weight.isNull()) {
      return 1;
    }
    return weight(weight.isNumber() ? weight.doubleValue() : Double.NaN, where);
  }

  /**
   * A weight as it was read.
   *
   * @throws CurrywurstException if it is no number from 0 up
   */
  public static double weight(double value, String where) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new CurrywurstException(
          where + " has something other than a number from 0 up under \"" + WEIGHT + "\".");
    }
    return value;
  }
}
