package dev.currywurst.nn;

import static dev.currywurst.testing.ParityCase.assertClose;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttentionTest {
  private static final long SEED = 7;

  /** softmax(Q Kᵀ / sqrt(d)) V of one picture, head after head. */
  private static Tensor plain(Tensor query, Tensor key, Tensor value, int heads) {
    long d = query.size(2) / heads;
    List<Tensor> results = new ArrayList<>();
    for (int head = 0; head < heads; head++) {
      Tensor q = query.narrow(2, head * d, d).select(0, 0);
      Tensor k = key.narrow(2, head * d, d).select(0, 0);
      Tensor v = value.narrow(2, head * d, d).select(0, 0);
      Tensor scores = q.matmul(k.transpose(0, 1)).times(1 / Math.sqrt((double) d));
      results.add(Functional.softmax(scores, -1).matmul(v));
    }
    return Tensor.cat(results, 1).unsqueeze(0);
  }

  /** Sizes at which heads, rows, both or neither are cut into parts. */
  @ParameterizedTest
  @CsvSource({
    "FLOAT32, 9, 9, 2, 1e-6",
    "FLOAT32, 700, 777, 3, 1e-6",
    "FLOAT32, 1100, 1177, 3, 2e-6",
    "BFLOAT16, 9, 9, 2, 2e-2",
    "BFLOAT16, 700, 777, 9, 2e-2",
    "BFLOAT16, 900, 4200, 3, 2e-2",
    "FLOAT16, 900, 4200, 3, 3e-3"
  })
  void equalsThePlainForm(DType type, int rows, int keys, int heads, double tolerance) {
    try (Scope scope = Scope.open();
        Generator random = new Generator(SEED)) {
      Tensor q = random.normal(DType.FLOAT32, 1, rows, heads * 4L).to(type);
      Tensor k = random.normal(DType.FLOAT32, 1, keys, heads * 4L).to(type);
      Tensor v = random.normal(DType.FLOAT32, 1, keys, heads * 4L).to(type);
      Tensor expected = plain(q.to(DType.FLOAT32), k.to(DType.FLOAT32), v.to(DType.FLOAT32), heads);
      assertClose(Attention.attend(q, k, v, heads), expected, tolerance);
      assertClose(Grad.off(() -> Attention.attend(q, k, v, heads)), expected, tolerance);
    }
  }
}
