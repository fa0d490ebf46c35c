package dev.currywurst.train.stage;

import dev.currywurst.clip.ClipModel;
import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The symmetric cross-entropy of CLIP (Radford et al. 2021, figure 3): of all texts of a batch a
 * picture should find its own, and a text its picture. Where captions are equal, each of their
 * pictures is as right as the others.
 */
final class ContrastiveLoss {
  private ContrastiveLoss() {}

  /**
   * The loss of a batch.
   *
   * @param pictures embeddings [B, d], float32
   * @param texts embeddings [B, d], float32
   * @param logitScale logarithm of the similarities' scale, a scalar
   * @param captions that the texts were made of
   * @return a scalar
   */
  static Tensor of(Tensor pictures, Tensor texts, Tensor logitScale, List<String> captions) {
    return Scope.tidy(
        () -> {
          Tensor logits = ClipModel.similarities(pictures, texts).times(logitScale.exp());
          Tensor right = right(captions);
          Tensor byPicture = Functional.logSoftmax(logits, 1).times(right);
          Tensor byText = Functional.logSoftmax(logits, 0).times(right);
          return byPicture.plus(byText).sum().times(-0.5 / captions.size());
        });
  }

  /** [B, B]: each row's share of right answers; symmetric, since equals have equally many. */
  private static Tensor right(List<String> captions) {
    int size = captions.size();
    Map<String, Integer> counts = new HashMap<>();
    captions.forEach(caption -> counts.merge(caption, 1, Integer::sum));
    float[] right = new float[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        if (captions.get(i).equals(captions.get(j))) {
          right[i * size + j] = 1f / counts.getOrDefault(captions.get(i), 1);
        }
      }
    }
    return Tensor.of(right, size, size);
  }
}
