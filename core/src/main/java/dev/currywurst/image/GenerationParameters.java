package dev.currywurst.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How a picture was made, in the text that AUTOMATIC1111's web interface writes under the PNG
 * keyword {@value #KEYWORD} and that galleries read:
 *
 * <pre>
 * a red fox, watercolour
 * Negative prompt: blurry
 * Steps: 20, Sampler: DDPM, CFG scale: 4, Seed: 42, Size: 1024x1024
 * </pre>
 *
 * <p>That layout cannot tell every prompt from what follows it: one may have a line that starts
 * with "Negative prompt:" or looks like settings. Where reading the text back would not give the
 * same prompts, they are written once more, quoted, among the settings. Other programs show these
 * as two more settings.
 *
 * @param prompt what the picture shows
 * @param negativePrompt what it should not show, or nothing
 * @param settings name to value, in order; names are as {@link #STEPS}, two or more letters,
 *     digits, spaces, {@code _}, {@code -} or {@code /}
 */
public record GenerationParameters(
    String prompt, String negativePrompt, Map<String, String> settings) {
  /** The keyword of the text in a PNG file. */
  public static final String KEYWORD = "parameters";

  public static final String STEPS = "Steps";
  public static final String SAMPLER = "Sampler";
  public static final String CFG_SCALE = "CFG scale";
  public static final String SEED = "Seed";

  /** {@code WIDTHxHEIGHT} in pixels. */
  public static final String SIZE = "Size";

  public static final String MODEL = "Model";

  private static final String NEGATIVE = "Negative prompt:";
  private static final String EXACT_PROMPT = "Exact prompt";
  private static final String EXACT_NEGATIVE = "Exact negative prompt";
  private static final Pattern NAME = Pattern.compile("\\w[\\w \\-/]*[\\w\\-/]");

  /** The original's parser takes the last line for settings only if there are so many in it. */
  private static final int FEWEST_SETTINGS = 3;

  /**
   * @throws IllegalArgumentException if a setting's name is not as described
   */
  public GenerationParameters {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    for (String name : settings.keySet()) {
      if (!NAME.matcher(name).matches()
          || name.equals(EXACT_PROMPT)
          || name.equals(EXACT_NEGATIVE)) {
        throw new IllegalArgumentException("a setting cannot be called \"" + name + "\"");
      }
    }
  }

  /** The value of a setting. */
  public Optional<String> setting(String name) {
    return Optional.ofNullable(settings.get(name));
  }

  /**
   * The text for a PNG file. {@link #parse} reads it back equal if there are at least three
   * settings.
   */
  public String format() {
    String text = format(settings);
    if (settings.size() < FEWEST_SETTINGS || parse(text).equals(this)) {
      return text;
    }
    Map<String, String> exact = new LinkedHashMap<>(settings);
    exact.put(EXACT_PROMPT, prompt);
    exact.put(EXACT_NEGATIVE, negativePrompt);
    return format(exact);
  }

  private String format(Map<String, String> line) {
    StringBuilder text = new StringBuilder(prompt);
    if (!negativePrompt.isEmpty()) {
      text.append('\n').append(NEGATIVE).append(' ').append(negativePrompt);
    }
    return text.append('\n').append(SettingsLine.format(line)).toString().strip();
  }

  /** Reads the text of any program that writes this layout; what it lacks stays empty. */
  public static GenerationParameters parse(String text) {
    String stripped = text.strip();
    int lastLine = stripped.lastIndexOf('\n') + 1;
    Map<String, String> settings = SettingsLine.parse(stripped.substring(lastLine));
    boolean found = settings.size() >= FEWEST_SETTINGS;
    String prompts = found ? stripped.substring(0, lastLine) : stripped;
    if (!found) {
      settings.clear();
    }
    StringBuilder prompt = new StringBuilder();
    StringBuilder negative = new StringBuilder();
    StringBuilder current = prompt;
    for (String line : prompts.strip().split("\n", -1)) {
      String words = line.strip();
      if (words.startsWith(NEGATIVE)) {
        current = negative;
        words = words.substring(NEGATIVE.length()).strip();
      }
      current.append(current.isEmpty() ? "" : "\n").append(words);
    }
    String exactPrompt = settings.remove(EXACT_PROMPT);
    String exactNegative = settings.remove(EXACT_NEGATIVE);
    return new GenerationParameters(
        exactPrompt == null ? prompt.toString() : exactPrompt,
        exactNegative == null ? negative.toString() : exactNegative,
        settings);
  }
}
