package dev.currywurst.text;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.text.BytePairEncoding.Merge;
import dev.currywurst.text.TokenizerModel.Roles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * Learns merges from texts: again and again the pair of neighbours that occurs most often becomes a
 * symbol (Sennrich et al. 2016, algorithm 1). Among equals the pair with the lower ids wins, so the
 * result depends on nothing but the texts and their words' counts.
 *
 * <p>Only the words in which a pair occurs are touched when it is joined; counts that a join has
 * made stale are found out when their pair comes up.
 */
final class BytePairTraining {
  /** A pair seen once would only learn one word of one caption by heart. */
  private static final long FEWEST = 2;

  private record Pair(int left, int right) implements Comparable<Pair> {
    @Override
    public int compareTo(Pair other) {
      int byLeft = Integer.compare(left, other.left);
      return byLeft != 0 ? byLeft : Integer.compare(right, other.right);
    }
  }

  private record Counted(Pair pair, long count) implements Comparable<Counted> {
    @Override
    public int compareTo(Counted other) {
      int byCount = Long.compare(other.count, count);
      return byCount != 0 ? byCount : pair.compareTo(other.pair);
    }
  }

  /** A word of the texts as its symbols so far, and how often it occurs. */
  private static final class Word {
    private final long count;
    private List<Integer> symbols;

    Word(List<Integer> symbols, long count) {
      this.symbols = symbols;
      this.count = count;
    }

    List<Pair> pairs() {
      List<Pair> pairs = new ArrayList<>();
      for (int i = 0; i + 1 < symbols.size(); i++) {
        pairs.add(new Pair(symbols.get(i), symbols.get(i + 1)));
      }
      return pairs;
    }

    void join(Pair pair, int id) {
      List<Integer> joined = new ArrayList<>(symbols.size());
      for (int i = 0; i < symbols.size(); i++) {
        boolean here =
            i + 1 < symbols.size()
                && symbols.get(i) == pair.left
                && symbols.get(i + 1) == pair.right;
        joined.add(here ? id : symbols.get(i));
        i += here ? 1 : 0;
      }
      symbols = joined;
    }
  }

  /** All symbols by id, and their ids. */
  private final List<String> symbols = new ArrayList<>();

  private final Map<String, Integer> vocabulary = new HashMap<>();
  private final List<Merge> merges = new ArrayList<>();

  private final Map<Pair, Long> counts = new HashMap<>();
  private final Map<Pair, Set<Word>> occurrences = new HashMap<>();
  private final PriorityQueue<Counted> queue = new PriorityQueue<>();

  private BytePairTraining() {
    for (String end : List.of("", BytePairEncoding.END_OF_WORD)) {
      for (int b : ByteAlphabet.order()) {
        idOf(ByteAlphabet.symbolOf(b) + end);
      }
    }
  }

  static TokenizerModel train(Iterable<String> texts, int merges, int maxLength) {
    if (merges < 0) {
      throw new CurrywurstException(
          "A tokenizer cannot be trained with %d merges; 0 means bytes alone, CLIP has 48894."
              .formatted(merges));
    }
    TokenizerFolder.checkedLength("The length of a tokenizer's rows", maxLength);
    BytePairTraining training = new BytePairTraining();
    BytePairEncoding bytes =
        new BytePairEncoding(training.vocabulary, List.of(), SpecialTokens.END_OF_TEXT);
    words(texts).forEach((word, count) -> training.add(bytes.ids(word), count));
    training.learn(merges);
    return training.model(maxLength);
  }

  private static Map<String, Long> words(Iterable<String> texts) {
    AddedTokenSearch special =
        new AddedTokenSearch(
            Map.of(
                AddedToken.named(SpecialTokens.START_OF_TEXT), 0,
                AddedToken.named(SpecialTokens.END_OF_TEXT), 1),
            UnaryOperator.identity());
    Map<String, Long> counts = new HashMap<>();
    for (String text : texts) {
      for (AddedTokenSearch.Piece piece : special.split(text)) {
        if (piece.id() == null) {
          WordSplitter.split(TextNormalizer.normalize(piece.text()))
              .forEach(word -> counts.merge(word, 1L, Long::sum));
        }
      }
    }
    return counts;
  }

  private void add(int[] ids, long count) {
    Word word = new Word(Arrays.stream(ids).boxed().toList(), count);
    for (Pair pair : word.pairs()) {
      count(pair, word, word.count);
    }
  }

  private void learn(int limit) {
    counts.forEach((pair, count) -> queue.add(new Counted(pair, count)));
    for (Counted best; merges.size() < limit && (best = queue.poll()) != null; ) {
      long count = counts.getOrDefault(best.pair, 0L);
      if (count < best.count) {
        queue.add(new Counted(best.pair, count));
      } else if (count == best.count) {
        if (count < FEWEST) {
          return;
        }
        join(best.pair);
      }
    }
  }

  private void join(Pair pair) {
    Merge merge = new Merge(symbols.get(pair.left), symbols.get(pair.right));
    merges.add(merge);
    // Two ways to the same symbol, ab+c and a+bc, share its id.
    int id = idOf(merge.joined());
    Set<Pair> changed = new HashSet<>();
    for (Word word : List.copyOf(occurrences.getOrDefault(pair, Set.of()))) {
      word.pairs().forEach(before -> count(before, word, -word.count));
      word.join(pair, id);
      word.pairs().forEach(after -> count(after, word, word.count));
      changed.addAll(word.pairs());
    }
    counts.remove(pair);
    occurrences.remove(pair);
    changed.forEach(after -> queue.add(new Counted(after, counts.getOrDefault(after, 0L))));
  }

  private void count(Pair pair, Word word, long change) {
    counts.merge(pair, change, Long::sum);
    occurrences.computeIfAbsent(pair, key -> new HashSet<>()).add(word);
  }

  private int idOf(String symbol) {
    return vocabulary.computeIfAbsent(
        symbol,
        key -> {
          symbols.add(key);
          return symbols.size() - 1;
        });
  }

  private TokenizerModel model(int maxLength) {
    TreeMap<Integer, AddedToken> added = new TreeMap<>();
    for (String content : List.of(SpecialTokens.START_OF_TEXT, SpecialTokens.END_OF_TEXT)) {
      added.put(idOf(content), AddedToken.named(content));
    }
    return new TokenizerModel(
        Map.copyOf(vocabulary),
        List.copyOf(merges),
        added,
        new Roles(
            SpecialTokens.START_OF_TEXT,
            SpecialTokens.END_OF_TEXT,
            SpecialTokens.END_OF_TEXT,
            SpecialTokens.END_OF_TEXT),
        maxLength);
  }
}
