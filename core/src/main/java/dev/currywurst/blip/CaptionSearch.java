package dev.currywurst.blip;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Chooses the words of a caption: the likeliest each time, or the likeliest of several captions
 * that are written side by side (beam search). As transformers' {@code generate} without sampling,
 * with its rule of when to stop.
 *
 * @param beams how many captions are written side by side; 1 is greedy
 * @param maxTokens how many tokens are added at most, the end token too
 * @param lengthPenalty the power of the length by which a caption's log-probability is divided:
 *     above 0 favours long ones
 */
public record CaptionSearch(int beams, int maxTokens, double lengthPenalty) {
  /** Three beams and 20 tokens, as BLIP's authors caption. */
  public static final CaptionSearch DEFAULT = new CaptionSearch(3, 20, 1);

  private static final float NEVER = -1e9f;

  public CaptionSearch {
    if (beams < 1 || maxTokens < 1) {
      throw new IllegalArgumentException(beams + " beams, " + maxTokens + " tokens");
    }
  }

  /**
   * Writes one caption.
   *
   * @param picture the picture tower's states, [1, N, width]
   * @param prompt the tokens that it begins with, at least one
   * @return the prompt and what follows, with the end token if it came to an end
   */
  public List<Integer> write(BlipTextDecoder decoder, Tensor picture, List<Integer> prompt) {
    int room = Math.min(maxTokens, decoder.config().positions() - prompt.size());
    if (prompt.isEmpty() || room < 1) {
      throw new IllegalArgumentException("a prompt of " + prompt.size() + " tokens");
    }
    try (BlipTextDecoder.Draft draft = decoder.begin(picture, beams)) {
      Writing writing = new Writing(prompt, decoder.config().endId(), room);
      float[] scores = new float[0];
      for (int token : prompt) {
        scores = append(draft, IntStream.range(0, beams).mapToLong(beam -> token).toArray());
      }
      while (!writing.next(scores)) {
        draft.choose(writing.chosen());
        scores = append(draft, writing.lastTokens());
      }
      return writing.best();
    }
  }

  private static float[] append(BlipTextDecoder.Draft draft, long... tokens) {
    try (Scope scope = Scope.open()) {
      return draft.append(tokens).toFloats();
    }
  }

  /** A text with its log-probability; divided by its length if it is finished. */
  private record Text(List<Integer> tokens, float score, int beam, boolean finished) {
    int last() {
      return tokens.get(tokens.size() - 1);
    }
  }

  private static final Comparator<Text> BEST_FIRST =
      Comparator.comparingDouble((Text text) -> -text.score());

  /** The texts of one picture. */
  private final class Writing {
    private final int promptLength;
    private final int endId;
    private final int limit;
    private List<Text> running = new ArrayList<>();
    private List<Text> finished = new ArrayList<>();

    Writing(List<Integer> prompt, int endId, int room) {
      this.promptLength = prompt.size();
      this.endId = endId;
      this.limit = prompt.size() + room;
      for (int beam = 0; beam < beams; beam++) {
        // All beams are equal in the beginning; only one of them may go on.
        running.add(new Text(List.copyOf(prompt), beam == 0 ? 0 : NEVER, beam, false));
        finished.add(new Text(List.copyOf(prompt), NEVER, beam, false));
      }
    }

    /** Takes the scores of all next tokens, [beams, vocabulary]; true if that was the end. */
    boolean next(float... scores) {
      List<Text> candidates = candidates(scores);
      int length = candidates.get(0).tokens().size();
      double divisor = Math.pow(length - promptLength, lengthPenalty);
      List<Text> goOn = new ArrayList<>();
      List<Text> done = new ArrayList<>(finished);
      for (int i = 0; i < candidates.size(); i++) {
        Text text = candidates.get(i);
        boolean ends = text.last() == endId || length == limit;
        goOn.add(ends ? new Text(text.tokens(), text.score() + NEVER, text.beam(), false) : text);
        if (ends && i < beams) {
          done.add(new Text(text.tokens(), (float) (text.score() / divisor), text.beam(), true));
        }
      }
      running = goOn.stream().sorted(BEST_FIRST).limit(beams).toList();
      finished = done.stream().sorted(BEST_FIRST).limit(beams).toList();
      return length == limit
          || candidates.stream().allMatch(text -> text.last() == endId)
          || !canImprove(running.get(0).score() / divisor);
    }

    /**
     * Whether a running text may yet be better than the worst finished one, if it were not longer
     * than now: the reference's heuristic ({@code early_stopping=False}).
     */
    private boolean canImprove(double bestRunning) {
      float worst = finished.get(finished.size() - 1).score();
      return finished.stream().anyMatch(t -> bestRunning > (t.finished() ? worst : NEVER));
    }

    /** The best continuations, twice as many as beams: so many remain if half of them end. */
    private List<Text> candidates(float... scores) {
      int vocabulary = scores.length / beams;
      float[] total = new float[scores.length];
      for (int beam = 0; beam < beams; beam++) {
        double norm = logSumExp(scores, beam * vocabulary, vocabulary);
        for (int i = beam * vocabulary; i < (beam + 1) * vocabulary; i++) {
          total[i] = (float) (scores[i] - norm) + running.get(beam).score();
        }
      }
      return IntStream.of(highest(2 * beams, total))
          .mapToObj(i -> continued(i / vocabulary, i % vocabulary, total[i]))
          .toList();
    }

    private Text continued(int beam, int token, float score) {
      List<Integer> tokens = new ArrayList<>(running.get(beam).tokens());
      tokens.add(token);
      return new Text(tokens, score, beam, false);
    }

    /** Which of the former texts the running ones continue. */
    long[] chosen() {
      return running.stream().mapToLong(Text::beam).toArray();
    }

    long[] lastTokens() {
      return running.stream().mapToLong(Text::last).toArray();
    }

    List<Integer> best() {
      return List.copyOf(finished.get(0).tokens());
    }
  }

  /** The places of the highest values, the highest first. */
  private static int[] highest(int count, float... values) {
    int[] places = new int[Math.min(count, values.length)];
    int filled = 0;
    for (int i = 0; i < values.length; i++) {
      if (filled == places.length && values[i] <= values[places[filled - 1]]) {
        continue;
      }
      int at = filled < places.length ? filled++ : filled - 1;
      while (at > 0 && values[places[at - 1]] < values[i]) {
        places[at] = places[at - 1];
        at--;
      }
      places[at] = i;
    }
    return places;
  }

  private static double logSumExp(float[] values, int from, int count) {
    double most = Double.NEGATIVE_INFINITY;
    for (int i = from; i < from + count; i++) {
      most = Math.max(most, values[i]);
    }
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += Math.exp(values[i] - most);
    }
    return most + Math.log(sum);
  }
}
