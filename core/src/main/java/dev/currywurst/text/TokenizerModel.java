package dev.currywurst.text;

import dev.currywurst.text.BytePairEncoding.Merge;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Everything that the files of a tokenizer say.
 *
 * @param vocabulary the id of each symbol
 * @param merges the pairs to join, first to last
 * @param added the tokens that are looked for as a whole, by id; some may lie outside {@code
 *     vocabulary}
 * @param roles the tokens that begin, end and fill a row
 * @param maxLength tokens in a row, with those of begin and end
 */
record TokenizerModel(
    Map<String, Integer> vocabulary,
    List<Merge> merges,
    SortedMap<Integer, AddedToken> added,
    Roles roles,
    int maxLength) {

  /** The content of the tokens with a duty; {@code unknown} stands for bytes without a symbol. */
  record Roles(String begin, String end, String pad, String unknown) {}

  /** The id of a token that one of the roles names. */
  int idOf(String content) {
    return added.entrySet().stream()
        .filter(entry -> entry.getValue().content().equals(content))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }
}
