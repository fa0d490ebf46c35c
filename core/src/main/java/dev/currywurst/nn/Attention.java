package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** softmax(Q Kᵀ / sqrt(d)) V, by heads. */
public final class Attention {
  /**
   * Query rows at a time on the CPU in half precision. libtorch's fused kernel needs MKL there and
   * runs 12 to 27 times slower without it; 256 rows keep the scores in the cache.
   */
  private static final int CHUNK = 256;

  /**
   * Scores a head up to which plain products beat the fused kernel in float32 too: its overhead is
   * a multiple of the work at a few tokens, forward and even more so backward.
   */
  private static final long SMALL = 128 * 128;

  private Attention() {}

  /**
   * Attends without a mask.
   *
   * @param query [B, N, heads·d]
   * @param key [B, M, heads·d]
   * @param value [B, M, heads·d]
   * @return [B, N, heads·d]
   */
  public static Tensor attend(Tensor query, Tensor key, Tensor value, int heads) {
    return attend(query, key, value, heads, null);
  }

  /**
   * Attends with an additive mask that broadcasts to [B, heads, N, M].
   *
   * @see #attend(Tensor, Tensor, Tensor, int)
   */
  public static Tensor attend(
      Tensor query, Tensor key, Tensor value, int heads, @Nullable Tensor mask) {
    boolean chunked =
        query.device() == Device.CPU
            && (query.dtype() != DType.FLOAT32 || query.size(1) * key.size(1) <= SMALL);
    return Scope.tidy(
        () -> {
          long batch = query.size(0);
          long rows = query.size(1);
          Tensor q = byHead(query, heads);
          Tensor k = byHead(key, heads);
          Tensor v = byHead(value, heads);
          Tensor out = chunked ? inChunks(q, k, v, mask) : fused(q, k, v, mask);
          return out.transpose(1, 2).reshape(batch, rows, -1);
        });
  }

  /** [B, N, heads·d] to a [B, heads, N, d] view. */
  private static Tensor byHead(Tensor x, int heads) {
    return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }

  private static Tensor fused(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
    return Engine.compute(
        () -> {
          try (TensorOptional m =
                  mask == null ? new TensorOptional() : new TensorOptional(mask.raw());
              DoubleOptional defaultScale = new DoubleOptional()) {
            return torch.scaled_dot_product_attention(
                q.raw(), k.raw(), v.raw(), m, 0.0, false, defaultScale, false);
          }
        });
  }

  private static Tensor inChunks(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask) {
    long batch = q.size(0);
    long heads = q.size(1);
    long rows = q.size(2);
    double scale = 1 / Math.sqrt((double) q.size(3));
    Tensor flatQ = q.times(scale).reshape(batch * heads, rows, -1);
    Tensor flatK = k.reshape(batch * heads, k.size(2), -1).transpose(1, 2);
    Tensor flatV = v.reshape(batch * heads, v.size(2), -1);
    List<Tensor> parts = new ArrayList<>();
    for (long start = 0; start < rows; start += CHUNK) {
      long from = start;
      long length = Math.min(CHUNK, rows - start);
      parts.add(
          Scope.tidy(
              () -> {
                Tensor scores = flatQ.narrow(1, from, length).bmm(flatK); // [B·heads, n, M]
                if (mask != null) {
                  Tensor rowsOfMask = mask.size(2) == 1 ? mask : mask.narrow(2, from, length);
                  long[] flat = scores.shape();
                  scores =
                      scores.reshape(batch, heads, length, flat[2]).plus(rowsOfMask).reshape(flat);
                }
                return Functional.softmax(scores, -1).bmm(flatV);
              }));
    }
    Tensor out = parts.size() == 1 ? parts.get(0) : Tensor.cat(parts, 1);
    return out.reshape(batch, heads, rows, -1);
  }
}
