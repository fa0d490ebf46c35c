package dev.currywurst.train.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CaptionChoiceTest {
  private static final CaptionChoice.Wrong ANY = (right, other) -> true;

  private static CaptionChoice choice(int options, CaptionChoice.Wrong wrong) {
    return CaptionChoice.draw(3, 3, options, new SplittableRandom(1), wrong);
  }

  @Test
  void theNearestAnswerIsChosen() {
    try (Scope scope = Scope.open()) {
      Tensor questions = Tensor.of(new float[] {1, 0, 0, 1, 1, 0}, 3, 2);
      Tensor answers = Tensor.of(new float[] {1, 0, 0, 1, 0, -1}, 3, 2);
      int[] found = choice(3, ANY).answers(questions, answers);
      assertThat(found).containsExactly(0, 1, 0);
      assertThat(CaptionChoice.right(found)).isEqualTo(2);
    }
  }

  @Test
  void whatIsNotSurelyWrongIsNoChoice() {
    try (Scope scope = Scope.open()) {
      Tensor questions = Tensor.of(new float[] {1, 0, 0, 1, 1, 0}, 3, 2);
      Tensor answers = Tensor.of(new float[] {1, 0, 0.1f, 1, 0, -1}, 3, 2);
      CaptionChoice choice = choice(3, (right, other) -> right != 2 || other != 0);
      assertThat(choice.answers(questions, answers)).containsExactly(0, 1, 1);
    }
  }

  @Test
  void aJudgeThatTellsNothingApartIsAlwaysWrong() {
    try (Scope scope = Scope.open()) {
      for (float value : new float[] {1, Float.NaN}) {
        Tensor same = Tensor.full(value, DType.FLOAT32, 3, 2);
        assertThat(CaptionChoice.right(choice(3, ANY).answers(same, same))).isZero();
      }
    }
  }

  /** With 20 choices each, picking by noise is right in a twentieth of all cases. */
  @Test
  void noiseIsRightByChance() {
    int questions = 4000;
    SplittableRandom random = new SplittableRandom(5);
    CaptionChoice choice = CaptionChoice.draw(questions, questions, 20, random, ANY);
    float[] noise = new float[2 * questions];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) (random.nextDouble() - 0.5);
    }
    float[] other = new float[2 * questions];
    for (int i = 0; i < other.length; i++) {
      other[i] = (float) (random.nextDouble() - 0.5);
    }
    try (Scope scope = Scope.open()) {
      int[] found = choice.answers(Tensor.of(noise, questions, 2), Tensor.of(other, questions, 2));
      assertThat(CaptionChoice.right(found)).isBetween(130, 270);
    }
  }
}
