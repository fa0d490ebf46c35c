package dev.currywurst.nn;

import static dev.currywurst.testing.ParityCase.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way through {@link Attention} against its formula, written out in doubles. */
class AttentionTest {
  private static final long SEED = 7;
  private static final int BATCH = 2;
  private static final int HEADS = 2;
  private static final int WIDTH = 6;

  /** What a mask covers: [B, heads, N, M] with some extents 1. */
  private enum Mask {
    NONE,
    EACH_KEY,
    EACH_PAIR
  }

  /** With gradients recorded, 20 keys are two products, and 90 libtorch's own kernel. */
  @ParameterizedTest
  @CsvSource({"7, 5", "300, 20", "256, 30", "300, 90"})
  void isItsFormulaInFloat32(int rows, int keys) {
    for (Mask mask : Mask.values()) {
      compare(DType.FLOAT32, rows, keys, mask, 1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void isItsFormulaInHalfPrecision(DType type) {
    for (Mask mask : Mask.values()) {
      compare(type, 300, 90, mask, type == DType.BFLOAT16 ? 2e-2 : 2e-3);
    }
  }

  @ParameterizedTest
  @CsvSource({"7, FLOAT32", "300, FLOAT32", "7, BFLOAT16"})
  void attendsToSeveralSequencesAsToOne(int rows, DType type) {
    try (Scope scope = Scope.open();
        Generator random = new Generator(SEED)) {
      Tensor query = random.normal(type, BATCH, rows, WIDTH);
      List<Tensor> keys =
          List.of(random.normal(type, BATCH, rows, WIDTH), random.normal(type, BATCH, 3, WIDTH));
      List<Tensor> values =
          List.of(random.normal(type, BATCH, rows, WIDTH), random.normal(type, BATCH, 3, WIDTH));
      Tensor one = Attention.attend(query, Tensor.cat(keys, 1), Tensor.cat(values, 1), HEADS);
      Tensor several = Attention.attend(query, keys, values, HEADS);
      assertThat(several.toFloats()).containsExactly(one.toFloats());
    }
  }

  private static void compare(DType type, int rows, int keys, Mask kind, double tolerance) {
    try (Scope scope = Scope.open();
        Generator random = new Generator(5)) {
      Tensor query = random.normal(DType.FLOAT32, BATCH, rows, WIDTH).to(type);
      Tensor key = random.normal(DType.FLOAT32, BATCH, keys, WIDTH).to(type);
      Tensor value = random.normal(DType.FLOAT32, BATCH, keys, WIDTH).to(type);
      Tensor shut = Tensor.full(type == DType.FLOAT16 ? -65504 : -1e30, type, 1);
      Tensor open = Tensor.zeros(type, 1);
      Tensor mask =
          switch (kind) {
            case NONE -> null;
            case EACH_KEY ->
                random
                    .uniform(DType.FLOAT32, BATCH, 1, 1, keys)
                    .greaterThan(0.7)
                    .choose(shut, open);
            case EACH_PAIR ->
                random.uniform(DType.FLOAT32, 1, 1, rows, keys).greaterThan(0.7).choose(shut, open);
          };

      Tensor out =
          mask == null
              ? Attention.attend(query, key, value, HEADS)
              : Attention.attend(query, key, value, HEADS, mask);

      assertThat(out.shape()).containsExactly(BATCH, rows, WIDTH);
      assertThat(out.dtype()).isEqualTo(type);
      float[] masked =
          mask == null
              ? new float[BATCH * rows * keys]
              : mask.to(DType.FLOAT32).expand(BATCH, 1, rows, keys).contiguous().toFloats();
      double[] expected =
          formula(query.toFloats(), key.toFloats(), value.toFloats(), masked, rows, keys);
      float[] actual = out.toFloats();
      double worst = 0;
      for (int i = 0; i < actual.length; i++) {
        worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
      }
      assertThat(worst).as("%s, %d x %d, %s", type, rows, keys, kind).isLessThan(tolerance);
    }
  }

  /** softmax(q k / sqrt(d) + mask) v of each sample and head. */
  private static double[] formula(
      float[] query, float[] key, float[] value, float[] mask, int rows, int keys) {
    int d = WIDTH / HEADS;
    double[] out = new double[BATCH * rows * WIDTH];
    for (int b = 0; b < BATCH; b++) {
      for (int head = 0; head < HEADS; head++) {
        for (int row = 0; row < rows; row++) {
          int q = (b * rows + row) * WIDTH + head * d;
          double[] weights = new double[keys];
          double sum = 0;
          for (int m = 0; m < keys; m++) {
            double score = 0;
            for (int i = 0; i < d; i++) {
              score += query[q + i] * (double) key[(b * keys + m) * WIDTH + head * d + i];
            }
            weights[m] = Math.exp(score / Math.sqrt(d) + mask[(b * rows + row) * keys + m]);
            sum += weights[m];
          }
          for (int m = 0; m < keys; m++) {
            for (int i = 0; i < d; i++) {
              out[q + i] += weights[m] / sum * value[(b * keys + m) * WIDTH + head * d + i];
            }
          }
        }
      }
    }
    return out;
  }

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
