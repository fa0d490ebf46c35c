package dev.currywurst.text;

import dev.currywurst.tensor.CurrywurstException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016, on bytes as in GPT-2): a word begins as its
 * UTF-8 bytes, the last of them marked with {@code </w>}, and neighbours are joined in the order of
 * the merges until no merge applies. Safe for use by several threads.
 */
final class BytePairEncoding {
  /** Marks the last symbol of a word. */
  static final String END_OF_WORD = "</w>";

  /** Two neighbours that become one symbol; the earlier in the list of merges, the sooner. */
  record Merge(String left, String right) {
    String joined() {
      return left + right;
    }
  }

  private static final int NONE = -1;

  /** Prompts repeat their words; the bounds keep hostile input from filling the memory. */
  private static final int CACHED_WORDS = 20_000;

  private static final int LONGEST_CACHED_WORD = 256;

  private final int[] inner = new int[256];
  private final int[] last = new int[256];
  private final Map<Long, Join> joins = new HashMap<>();
  private final int unknown;
  private final Map<String, int[]> cache = new ConcurrentHashMap<>();

  /**
   * @param vocabulary the id of each symbol, among them both sides and the result of each merge
   * @param unknown the symbol that stands for a byte which the vocabulary does not hold
   */
  BytePairEncoding(Map<String, Integer> vocabulary, List<Merge> merges, String unknown) {
    for (int b = 0; b < 256; b++) {
      String symbol = String.valueOf(ByteAlphabet.symbolOf(b));
      inner[b] = vocabulary.getOrDefault(symbol, NONE);
      last[b] = vocabulary.getOrDefault(symbol + END_OF_WORD, NONE);
    }
    this.unknown = vocabulary.getOrDefault(unknown, NONE);
    for (int rank = 0; rank < merges.size(); rank++) {
      Merge merge = merges.get(rank);
      int left = Objects.requireNonNull(vocabulary.get(merge.left()));
      int right = Objects.requireNonNull(vocabulary.get(merge.right()));
      int joined = Objects.requireNonNull(vocabulary.get(merge.joined()));
      joins.put(pair(left, right), new Join(rank, joined));
    }
  }

  /** The ids of one word. The array is shared: do not write to it. */
  int[] ids(String word) {
    int[] known = cache.get(word);
    if (known != null) {
      return known;
    }
    int[] ids = new Word(symbols(word)).joined();
    if (word.length() <= LONGEST_CACHED_WORD && cache.size() < CACHED_WORDS) {
      cache.put(word, ids);
    }
    return ids;
  }

  private int[] symbols(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    int[] symbols = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      int b = Byte.toUnsignedInt(bytes[i]);
      int id = i == bytes.length - 1 ? last[b] : inner[b];
      symbols[i] = id == NONE ? unknown : id;
      if (symbols[i] == NONE) {
        throw new CurrywurstException(
            "The tokenizer's vocabulary holds neither the symbol %s for a part of '%s' nor an unknown token; use the vocabulary that the model was trained with."
                .formatted(
                    ByteAlphabet.symbolOf(b) + (i == bytes.length - 1 ? END_OF_WORD : ""), word));
      }
    }
    return symbols;
  }

  private static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }

  private record Join(int rank, int id) {}

  private record Candidate(int position, Join join) implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      int byRank = Integer.compare(join.rank, other.join.rank);
      return byRank != 0 ? byRank : Integer.compare(position, other.position);
    }
  }

  /**
   * A word while it is joined, as a linked list, so that a word of n bytes takes O(n log n) steps:
   * text without spaces can be one long word. Joins the pair of the lowest rank, among equals the
   * leftmost, as the reference does ({@code Word::merge_all}).
   */
  private final class Word {
    private final int[] symbols;
    private final int[] previous;
    private final int[] next;
    private final PriorityQueue<Candidate> candidates = new PriorityQueue<>();

    Word(int[] symbols) {
      this.symbols = symbols;
      this.previous = new int[symbols.length];
      this.next = new int[symbols.length];
      for (int i = 0; i < symbols.length; i++) {
        previous[i] = i - 1;
        next[i] = i + 1 < symbols.length ? i + 1 : NONE;
      }
    }

    int[] joined() {
      for (int i = 0; i + 1 < symbols.length; i++) {
        propose(i);
      }
      for (Candidate best; (best = candidates.poll()) != null; ) {
        int left = best.position;
        // Joins elsewhere may have taken one of the two symbols away since this was proposed.
        Join join = joinAt(left);
        if (join != null && join.id == best.join.id) {
          join(left, join.id);
        }
      }
      return Arrays.stream(symbols).filter(symbol -> symbol != NONE).toArray();
    }

    private void join(int left, int id) {
      int right = next[left];
      symbols[left] = id;
      symbols[right] = NONE;
      next[left] = next[right];
      if (next[left] != NONE) {
        previous[next[left]] = left;
      }
      propose(previous[left]);
      propose(left);
    }

    private void propose(int left) {
      Join join = joinAt(left);
      if (join != null) {
        candidates.add(new Candidate(left, join));
      }
    }

    private @Nullable Join joinAt(int left) {
      if (left == NONE || symbols[left] == NONE || next[left] == NONE) {
        return null;
      }
      return joins.get(pair(symbols[left], symbols[next[left]]));
    }
  }
}
