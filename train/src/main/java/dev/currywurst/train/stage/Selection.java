package dev.currywurst.train.stage;

import dev.currywurst.tensor.CurrywurstException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which weights are trained, by their names: {@code prior.blocks.2.attention.to_q.weight} of Stage
 * C, {@code text_encoder.text_model.final_layer_norm.bias} of its text tower. All others stay as
 * they are, bit by bit, and have neither gradients nor an optimizer's state.
 *
 * @param wanted what is trained: {@code all} of Stage C, its {@code attention}, {@code text} for
 *     the text tower, or a pattern: a name with or without its {@code prior.}, whole or up to a
 *     dot, in which {@code *} stands for any letters, or a regular expression between slashes, for
 *     any part of a name
 * @param frozen what is not, of that; spelled alike
 */
record Selection(List<String> wanted, List<String> frozen) {
  /** All of Stage C. */
  static final Selection ALL = new Selection(List.of("all"), List.of());

  /** In front of the names of Stage C's weights. */
  static final String PRIOR = "prior.";

  /** In front of the names of its text tower's. */
  static final String TEXT = "text_encoder.";

  /**
   * @throws CurrywurstException if nothing is wanted or a regular expression is none
   */
  Selection {
    wanted = List.copyOf(wanted);
    frozen = List.copyOf(frozen);
    if (wanted.isEmpty()) {
      throw new CurrywurstException(
          "Nothing is to be trained; say what, such as all, attention, text or a pattern.");
    }
    wanted.forEach(Selection::pattern);
    frozen.forEach(Selection::pattern);
  }

  private static Pattern pattern(String text) {
    return switch (text) {
      case "all" -> Pattern.compile(Pattern.quote(PRIOR) + ".*");
      // The attention layers proper, as OneTrainer's preset has them: the mapping of the text in
      // front of them (kv_mapper) is none.
      case "attention" -> Pattern.compile(Pattern.quote(PRIOR) + ".*\\.attention\\..*");
      case "text" -> Pattern.compile(Pattern.quote(TEXT) + ".*");
      default -> written(text);
    };
  }

  private static Pattern written(String text) {
    if (text.length() > 2 && text.startsWith("/") && text.endsWith("/")) {
      try {
        return Pattern.compile(".*(?:" + text.substring(1, text.length() - 1) + ").*");
      } catch (PatternSyntaxException e) {
        throw new CurrywurstException(
            "%s is no regular expression: %s.".formatted(text, e.getDescription()), e);
      }
    }
    boolean whole = text.startsWith(PRIOR) || text.startsWith(TEXT);
    StringBuilder glob = new StringBuilder(whole ? "" : Pattern.quote(PRIOR));
    for (String part : text.split("((?<=\\*)|(?=\\*))", -1)) {
      glob.append(part.equals("*") ? ".*" : Pattern.quote(part));
    }
    return Pattern.compile(glob + "(?:\\..*)?");
  }

  private static boolean matches(String pattern, String name) {
    return pattern(pattern).matcher(name).matches();
  }

  private boolean selects(String name) {
    return wanted.stream().anyMatch(pattern -> matches(pattern, name))
        && frozen.stream().noneMatch(pattern -> matches(pattern, name));
  }

  /** True if some weight of these names is selected. */
  boolean selectsAny(Collection<String> names) {
    return names.stream().anyMatch(this::selects);
  }

  /**
   * The weights to train.
   *
   * @param weights that there are, by name
   * @throws CurrywurstException if a pattern finds nothing, or nothing is left
   */
  <W> Map<String, W> of(Map<String, W> weights) {
    for (String pattern : all()) {
      if (weights.keySet().stream().noneMatch(name -> matches(pattern, name))) {
        throw new CurrywurstException(
            "No weight is called %s; there are, for example, %s."
                .formatted(pattern, String.join(", ", examples(weights))));
      }
    }
    Map<String, W> selected = new LinkedHashMap<>(weights);
    selected.keySet().removeIf(name -> !selects(name));
    if (selected.isEmpty()) {
      throw new CurrywurstException(
          "Nothing is left to train of %s without %s; freeze less."
              .formatted(String.join(", ", wanted), String.join(", ", frozen)));
    }
    return selected;
  }

  private List<String> all() {
    List<String> all = new ArrayList<>(wanted);
    all.addAll(frozen);
    return all;
  }

  private static List<String> examples(Map<String, ?> weights) {
    List<String> names = List.copyOf(weights.keySet());
    int count = Math.min(3, names.size());
    List<String> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      examples.add(names.get(i * (names.size() - 1) / Math.max(1, count - 1)));
    }
    return examples;
  }
}
