package dev.currywurst.pipeline;

import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What prompts lose because text towers read no more than so many tokens. */
final class CutPrompts {
  private record Cut(int length, String cutOff) {}

  private final Map<Cut, Set<Component>> cuts = new LinkedHashMap<>();

  /** Looks at texts as one tower would read them. */
  void look(Component tower, ClipTokenizer tokenizer, List<String> texts) {
    texts.stream()
        .distinct()
        .forEach(
            text -> {
              Tokens tokens = tokenizer.encode(List.of(text));
              String cutOff = tokens.rows().get(0).cutOff();
              if (!cutOff.isEmpty()) {
                cuts.computeIfAbsent(
                        new Cut(tokens.length(), cutOff), cut -> EnumSet.noneOf(Component.class))
                    .add(tower);
              }
            });
  }

  /** Tells of each length and towers once, with the first text that was cut as an example. */
  void tell(GenerationListener listener) {
    Map<String, List<String>> told = new LinkedHashMap<>();
    cuts.forEach(
        (cut, towers) ->
            told.computeIfAbsent(
                    "longer than the %d tokens that the %s"
                        .formatted(
                            cut.length(),
                            towers.size() > 1
                                ? "text towers read"
                                : towers.iterator().next() + " reads"),
                    what -> new ArrayList<>())
                .add(cut.cutOff()));
    told.forEach(
        (what, cutOff) ->
            listener.notice(
                cutOff.size() == 1
                    ? "A prompt is %s; cut off was: %s".formatted(what, cutOff.get(0))
                    : "%d prompts are %s; cut off was, for one: %s"
                        .formatted(cutOff.size(), what, cutOff.get(0))));
  }
}
