package dev.currywurst.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A published {@code config.json}, read leniently where releases renamed a key and strictly
 * otherwise: a key that nobody asked for is an error, because it would change the network.
 */
public final class ConfigFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String origin;
  private final JsonNode root;
  private final Set<String> asked = new HashSet<>();
  private final ObjectNode effective = JSON.createObjectNode();

  private ConfigFile(String origin, JsonNode root) {
    this.origin = origin;
    this.root = root;
  }

  /** Reads a file that must hold one JSON object. */
  public static ConfigFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new CurrywurstException(
          file + " is missing; the model folder is incomplete or another one was meant.");
    }
    try {
      return of(file.toString(), JSON.readTree(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new CurrywurstException(file + " is not valid JSON; download or copy it again.", e);
    }
  }

  /** Wraps JSON that came from elsewhere; {@code origin} names it in messages. */
  public static ConfigFile of(String origin, JsonNode root) {
    if (root == null || !root.isObject()) {
      throw new CurrywurstException(origin + " does not hold a JSON object.");
    }
    return new ConfigFile(origin, root);
  }

  /** A new JSON object, for writing. */
  public static ObjectNode newObject() {
    return JSON.createObjectNode();
  }

  /**
   * Writes JSON as a file, whole or not at all.
   *
   * @throws CurrywurstException if it cannot be written
   */
  public static void write(Path file, JsonNode json) {
    AtomicFile.write(file, (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** True if one of the names is there and not null. */
  public boolean has(String... names) {
    return !find(names).isMissingNode();
  }

  public int intValue(int fallback, String... names) {
    JsonNode node = find(names);
    int value = node.isMissingNode() ? fallback : integer(node, names[0]);
    effective.put(names[0], value);
    return value;
  }

  public double doubleValue(double fallback, String... names) {
    JsonNode node = find(names);
    double value = node.isMissingNode() ? fallback : number(node, names[0]);
    effective.put(names[0], value);
    return value;
  }

  public boolean booleanValue(boolean fallback, String... names) {
    JsonNode node = find(names);
    boolean value = node.isMissingNode() ? fallback : truth(node, names[0]);
    effective.put(names[0], value);
    return value;
  }

  public String stringValue(String fallback, String... names) {
    JsonNode node = find(names);
    String value = node.isMissingNode() ? fallback : string(node, names[0]);
    effective.put(names[0], value);
    return value;
  }

  public List<Integer> intList(List<Integer> fallback, String name) {
    return list(fallback, name, node -> integer(node, name));
  }

  public List<Double> doubleList(List<Double> fallback, String name) {
    return list(fallback, name, node -> number(node, name));
  }

  public List<String> stringList(List<String> fallback, String name) {
    return list(fallback, name, node -> string(node, name));
  }

  public List<Boolean> booleanList(List<Boolean> fallback, String name) {
    return list(fallback, name, node -> truth(node, name));
  }

  /** The objects of a list. */
  public List<ConfigFile> objects(String name) {
    return list(List.of(), name, node -> of(origin + ", " + name, node));
  }

  /** The raw value, or a missing node. */
  public JsonNode node(String... names) {
    return find(names);
  }

  /** Keys that may be there but change nothing, such as training settings of old releases. */
  public ConfigFile ignore(String... names) {
    asked.addAll(List.of(names));
    return this;
  }

  /** Fails if the file holds a key that was not asked for. Keys that begin with "_" are notes. */
  public void requireAllKnown() {
    Set<String> unknown = new TreeSet<>();
    root.fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.startsWith("_") && !asked.contains(name)) {
                unknown.add(name);
              }
            });
    if (!unknown.isEmpty()) {
      throw new CurrywurstException(
          "%s has settings that this network does not know: %s; it may belong to another kind of model (known are %s)."
              .formatted(
                  origin, String.join(", ", unknown), String.join(", ", new TreeSet<>(asked))));
    }
  }

  /** All keys of the file. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    root.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** What was asked for so far and what the answers were, the fallbacks too; without lists. */
  public ObjectNode effective() {
    return effective.deepCopy();
  }

  /** The file, for messages. */
  public String origin() {
    return origin;
  }

  private interface Reader<T> {
    T read(JsonNode node);
  }

  private <T> List<T> list(List<T> fallback, String name, Reader<T> reader) {
    JsonNode node = find(name);
    if (node.isMissingNode()) {
      return fallback;
    }
    if (!node.isArray()) {
      throw wrong(name, node, "a list");
    }
    List<T> values = new ArrayList<>();
    node.forEach(element -> values.add(reader.read(element)));
    return List.copyOf(values);
  }

  private JsonNode find(String... names) {
    asked.addAll(List.of(names));
    for (String name : names) {
      JsonNode node = root.path(name);
      if (!node.isMissingNode() && !node.isNull()) {
        return node;
      }
    }
    return root.path("");
  }

  private int integer(JsonNode node, String name) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(name, node, "a whole number");
    }
    return node.intValue();
  }

  private double number(JsonNode node, String name) {
    if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      throw wrong(name, node, "a number");
    }
    return node.doubleValue();
  }

  private boolean truth(JsonNode node, String name) {
    if (!node.isBoolean()) {
      throw wrong(name, node, "true or false");
    }
    return node.booleanValue();
  }

  private String string(JsonNode node, String name) {
    if (!node.isTextual()) {
      throw wrong(name, node, "a string");
    }
    return node.textValue();
  }

  private CurrywurstException wrong(String name, JsonNode node, String expected) {
    return new CurrywurstException(
        "%s: %s is %s where %s is expected.".formatted(origin, name, node, expected));
  }
}
