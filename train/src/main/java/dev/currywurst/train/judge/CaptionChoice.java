package dev.currywurst.train.judge;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A test with one right answer among several: does a picture find its own caption, or a caption its
 * picture?
 */
public final class CaptionChoice {
  /** For each question the answers to choose from, the right one first. */
  private final int[][] choices;

  private CaptionChoice(int[][] choices) {
    this.choices = choices;
  }

  /** Whether one thing may stand for a wrong answer where another is the right one. */
  public interface Wrong {
    /** True if {@code other} is surely wrong where {@code right} is right. */
    boolean test(int right, int other);
  }

  /**
   * Draws wrong answers, the same ones from the same seed. A question for which there are too few
   * gets those there are.
   *
   * @param questions of which number k has answer k as the right one
   * @param answers to choose from
   * @param options of each question, the right one included
   */
  public static CaptionChoice draw(
      int questions, int answers, int options, SplittableRandom random, Wrong wrong) {
    int[][] choices = new int[questions][];
    int[] order = new int[answers];
    for (int i = 0; i < answers; i++) {
      order[i] = i;
    }
    for (int right = 0; right < questions; right++) {
      int[] chosen = new int[Math.max(1, options)];
      chosen[0] = right;
      int found = 1;
      // As far of Fisher and Yates' shuffle as it takes.
      for (int i = 0; i < answers && found < options; i++) {
        int j = i + random.nextInt(answers - i);
        int other = order[j];
        order[j] = order[i];
        order[i] = other;
        if (other != right && wrong.test(right, other)) {
          chosen[found++] = other;
        }
      }
      choices[right] = Arrays.copyOf(chosen, found);
    }
    return new CaptionChoice(choices);
  }

  /**
   * The answers with the highest similarity.
   *
   * @param questions embeddings of length 1, [questions, d]
   * @param answers embeddings of length 1, [answers, d]
   * @return for each question an index of an answer
   */
  public int[] answers(Tensor questions, Tensor answers) {
    float[] similar;
    try (Scope scope = Scope.open()) {
      similar = questions.matmul(answers.transpose(0, 1)).toFloats();
    }
    int width = Math.toIntExact(answers.size(0));
    int[] best = new int[choices.length];
    for (int question = 0; question < choices.length; question++) {
      int row = question * width;
      int[] options = choices[question];
      best[question] = options[0];
      for (int i = 1; i < options.length; i++) {
        // The right answer comes first and loses where all are alike, or are no numbers: a judge
        // that cannot tell them apart must not find everything right.
        if (!(similar[row + options[i]] < similar[row + best[question]])) {
          best[question] = options[i];
        }
      }
    }
    return best;
  }

  /** The share of questions that find the right answer by chance. */
  public double byChance() {
    return Arrays.stream(choices).mapToDouble(options -> 1.0 / options.length).average().orElse(0);
  }

  /** How many of some answers are right. */
  public static int right(int[] answers) {
    int right = 0;
    for (int question = 0; question < answers.length; question++) {
      right += answers[question] == question ? 1 : 0;
    }
    return right;
  }
}
