package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Grad;
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
   * Scores that are worked on at a time on the CPU: 8 MB in half precision stay in the last cache
   * between the two products and the softmax, and are still enough rows for a fast product.
   * libtorch's fused kernel needs MKL in half precision, and runs 12 to 27 times slower without it.
   */
  private static final long SCORES = 4 << 20;

  /** Rows of a product come in whole tiles of its kernel. */
  private static final long TILE = 64;

  /**
   * Scores a head up to which two products beat the fused kernel in float32 too: its overhead is a
   * multiple of the work at a few tokens.
   */
  private static final long SMALL = 512 * 1024;

  /** The same while gradients are recorded: the fused kernel does not keep the scores for them. */
  private static final long SMALL_RECORDED = 128 * 128;

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
    return attend(query, List.of(key), List.of(value), heads, mask);
  }

  /**
   * Attends to several sequences as to one.
   *
   * @param query [B, N, heads·d]
   * @param keys [B, M, heads·d] each, for any M
   * @param values of the keys' shapes
   * @return [B, N, heads·d]
   */
  public static Tensor attend(Tensor query, List<Tensor> keys, List<Tensor> values, int heads) {
    return attend(query, keys, values, heads, null);
  }

  private static Tensor attend(
      Tensor query, List<Tensor> keys, List<Tensor> values, int heads, @Nullable Tensor mask) {
    return Scope.tidy(
        () -> {
          long batch = query.size(0);
          long rows = query.size(1);
          Tensor q = byHead(query, heads);
          // Joined by heads: the copy that joins is the one that products need anyway.
          Tensor k = joined(2, keys.stream().map(key -> byHead(key, heads)).toList());
          Tensor v = joined(2, values.stream().map(value -> byHead(value, heads)).toList());
          long small = Grad.isOn() ? SMALL_RECORDED : SMALL;
          boolean chunked =
              query.device() == Device.CPU
                  && (query.dtype() != DType.FLOAT32 || rows * k.size(2) <= small);
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
    long keys = k.size(2);
    double scale = 1 / Math.sqrt((double) q.size(3));
    Tensor flatQ = q.times(scale).reshape(batch * heads, rows, -1);
    Tensor flatK = k.reshape(batch * heads, keys, -1).transpose(1, 2);
    Tensor flatV = v.reshape(batch * heads, keys, -1);
    Tensor out =
        mask == null
            ? unmasked(flatQ, flatK, flatV)
            : softmax(
                    flatQ
                        .bmm(flatK)
                        .reshape(batch, heads, rows, keys)
                        .plus(mask)
                        .reshape(batch * heads, rows, keys))
                .bmm(flatV);
    return out.reshape(batch, heads, rows, -1);
  }

  /** By some heads and some rows at a time; all heads of all pictures are alike here. */
  private static Tensor unmasked(Tensor q, Tensor k, Tensor v) {
    long keys = k.size(2);
    long rows = Math.min(q.size(1), Math.max(TILE, SCORES / 2 / keys / TILE * TILE));
    long heads = Math.max(2, SCORES / (rows * keys));
    return joined(
        0,
        parts(
            q.size(0),
            heads,
            (firstHead, someHeads) -> {
              Tensor headQ = q.narrow(0, firstHead, someHeads);
              Tensor headK = k.narrow(0, firstHead, someHeads);
              Tensor headV = v.narrow(0, firstHead, someHeads);
              return joined(
                  1,
                  parts(
                      q.size(1),
                      rows,
                      (first, some) ->
                          softmax(headQ.narrow(1, first, some).bmm(headK)).bmm(headV)));
            }));
  }

  private interface Part {
    Tensor of(long first, long length);
  }

  private static List<Tensor> parts(long all, long atOnce, Part part) {
    List<Tensor> parts = new ArrayList<>();
    for (long start = 0; start < all; start += atOnce) {
      long first = start;
      parts.add(Scope.tidy(() -> part.of(first, Math.min(atOnce, all - first))));
    }
    return parts;
  }

  private static Tensor joined(int dim, List<Tensor> parts) {
    return parts.size() == 1 ? parts.get(0) : Tensor.cat(parts, dim);
  }

  /** Over the last dimension; overwrites {@code scores} where nothing records them. */
  private static Tensor softmax(Tensor scores) {
    return Grad.isOn() ? Functional.softmax(scores, -1) : Functional.softmaxInPlace(scores);
  }
}
