package dev.currywurst.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds added tokens in a text: leftmost first, the longest of those that begin there (as {@code
 * added_vocabulary.rs} of the tokenizers library does with its Aho-Corasick automaton).
 */
final class AddedTokenSearch {
  /** A stretch of the text: an added token with its id, or text between them ({@code id} null). */
  record Piece(String text, @Nullable Integer id) {}

  private record Target(AddedToken token, int id) {}

  private final Map<String, Target> targets = new HashMap<>();
  private final @Nullable Pattern pattern;

  /**
   * @param spelling how a token's content appears in the texts to be searched
   */
  AddedTokenSearch(Map<AddedToken, Integer> tokens, UnaryOperator<String> spelling) {
    tokens.forEach(
        (token, id) -> targets.put(spelling.apply(token.content()), new Target(token, id)));
    // An alternation takes its first branch that matches: longest first.
    this.pattern =
        targets.isEmpty()
            ? null
            : Pattern.compile(
                targets.keySet().stream()
                    .sorted(
                        Comparator.comparingInt(String::length)
                            .reversed()
                            .thenComparing(Comparator.naturalOrder()))
                    .map(Pattern::quote)
                    .collect(Collectors.joining("|")));
  }

  List<Piece> split(String text) {
    if (pattern == null) {
      return List.of(new Piece(text, null));
    }
    List<Piece> pieces = new ArrayList<>();
    int done = 0;
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      Target target = targets.get(matcher.group());
      int start = matcher.start();
      int end = matcher.end();
      if (target == null || (target.token.singleWord() && touchesWord(text, start, end))) {
        continue;
      }
      if (target.token.leftStrip()) {
        start = Math.max(done, startOfSpace(text, start));
      }
      if (target.token.rightStrip()) {
        end = endOfSpace(text, end);
      }
      if (done < start) {
        pieces.add(new Piece(text.substring(done, start), null));
      }
      pieces.add(new Piece(text.substring(start, end), target.id));
      done = end;
    }
    if (done < text.length()) {
      pieces.add(new Piece(text.substring(done), null));
    }
    return pieces;
  }

  private static boolean touchesWord(String text, int start, int end) {
    return (start > 0 && UnicodeTables.isWord(text.codePointBefore(start)))
        || (end < text.length() && UnicodeTables.isWord(text.codePointAt(end)));
  }

  // All white space lies in the basic plane: one char each.
  private static int startOfSpace(String text, int from) {
    int start = from;
    while (start > 0 && UnicodeTables.isSpace(text.charAt(start - 1))) {
      start--;
    }
    return start;
  }

  private static int endOfSpace(String text, int from) {
    int end = from;
    while (end < text.length() && UnicodeTables.isSpace(text.charAt(end))) {
      end++;
    }
    return end;
  }
}
