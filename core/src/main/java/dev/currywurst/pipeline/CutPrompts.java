package dev.currywurst.pipeline;

import dev.currywurst.text.ClipTokenizer;
import dev.currywurst.text.Tokens;
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

  /** Tells each cut once, also where both towers make it. */
  void tell(GenerationListener listener) {
    cuts.forEach(
        (cut, towers) ->
            listener.notice(
                "A prompt is longer than the %d tokens that the %s; cut off was: %s"
                    .formatted(
                        cut.length(),
                        towers.size() > 1
                            ? "text towers read"
                            : towers.iterator().next() + " reads",
                        cut.cutOff())));
  }
}
