package dev.currywurst.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code name: value, name: value}, where a value that holds a separator is a JSON string. Reads
 * what AUTOMATIC1111's parser reads; written by hand since its regular expression takes a stack
 * frame for each character of a quoted value.
 */
final class SettingsLine {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NAME = Pattern.compile("\\s*(\\w[\\w \\-/]+):\\s*");

  private SettingsLine() {}

  static String format(Map<String, String> settings) {
    StringBuilder line = new StringBuilder();
    settings.forEach(
        (name, value) ->
            line.append(line.isEmpty() ? "" : ", ").append(name).append(": ").append(quote(value)));
    return line.toString();
  }

  private static String quote(String value) {
    boolean plain =
        !value.isEmpty()
            && value.equals(value.strip())
            && value.indexOf('"') < 0
            && value.chars().noneMatch(c -> c == ',' || c == ':' || Character.isISOControl(c));
    if (plain) {
      return value;
    }
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every string has a JSON form", e);
    }
  }

  /** A new, modifiable map, empty if the line holds no settings. */
  static Map<String, String> parse(String line) {
    Map<String, String> settings = new LinkedHashMap<>();
    Matcher name = NAME.matcher(line);
    int at = 0;
    while (name.find(at)) {
      int start = name.end();
      int end = quotedEnd(line, start);
      if (end < 0) {
        int comma = line.indexOf(',', start);
        end = comma < 0 ? line.length() : comma;
      }
      settings.put(name.group(1), unquote(line.substring(start, end).strip()));
      at = Math.min(end + 1, line.length());
    }
    return settings;
  }

  /** The end of the JSON string that starts here, or -1 if none does that a comma follows. */
  private static int quotedEnd(String line, int start) {
    if (start >= line.length() || line.charAt(start) != '"') {
      return -1;
    }
    for (int i = start + 1; i < line.length(); i++) {
      if (line.charAt(i) == '\\') {
        i++;
      } else if (line.charAt(i) == '"') {
        boolean last = i + 1 == line.length();
        return last || line.charAt(i + 1) == ',' ? i + 1 : -1;
      }
    }
    return -1;
  }

  private static String unquote(String value) {
    if (!value.startsWith("\"")) {
      return value;
    }
    try {
      return JSON.readValue(value, String.class);
    } catch (JsonProcessingException e) {
      return value; // Not ours: as the original, keep it as it is.
    }
  }
}
