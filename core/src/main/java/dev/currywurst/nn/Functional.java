package dev.currywurst.nn;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Engine;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.InterpolateMode;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kBicubic;
import org.bytedeco.pytorch.kBilinear;

/** Functions without weights, named as in {@code torch.nn.functional}. */
public final class Functional {
  /** Rows that {@link #channelNorms} sums up in one go. */
  private static final long NORM_ROWS = 4096;

  private Functional() {}

  /** Normalises the last dimension without affine weights; statistics in float32 inside. */
  public static Tensor layerNorm(Tensor x, double eps) {
    return Engine.compute(
        () -> {
          try (TensorOptional none = new TensorOptional()) {
            return torch.layer_norm(x.raw(), new long[] {x.size(-1)}, none, none, eps, false);
          }
        });
  }

  /** Normalises the last dimension with affine weights. */
  public static Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double eps) {
    return Engine.compute(
        () -> {
          try (TensorOptional w = new TensorOptional(weight.raw());
              TensorOptional b = new TensorOptional(bias.raw())) {
            return torch.layer_norm(x.raw(), new long[] {x.size(-1)}, w, b, eps, false);
          }
        });
  }

  /**
   * x·scale + shift, which broadcast to x.
   *
   * <p>As one operation it reads x once, but its way back multiplies all of x by one first: where
   * gradients are recorded, two are faster.
   */
  public static Tensor modulate(Tensor x, Tensor scale, Tensor shift) {
    return Grad.isOn() ? x.times(scale).plusInPlace(shift) : shift.plusProduct(x, scale);
  }

  /** x·Φ(x) with the exact error function. */
  public static Tensor gelu(Tensor x) {
    return Engine.compute(() -> torch.gelu(x.raw()));
  }

  public static Tensor silu(Tensor x) {
    return Engine.compute(() -> torch.silu(x.raw()));
  }

  /** x·sigmoid(1.702 x), OpenAI's CLIP. */
  public static Tensor quickGelu(Tensor x) {
    return Scope.tidy(() -> x.times(x.times(1.702).sigmoid()));
  }

  public static Tensor leakyRelu(Tensor x, double slope) {
    return Engine.compute(
        () -> {
          try (Scalar scalar = new Scalar(slope)) {
            return torch.leaky_relu(x.raw(), scalar);
          }
        });
  }

  /** log(1 + exp(x)): the loss of log-odds -x that should be high. */
  public static Tensor softplus(Tensor x) {
    return Engine.compute(() -> torch.softplus(x.raw()));
  }

  /** Normalises each channel of each picture of [B, C, H, W] on its own. */
  public static Tensor instanceNorm(Tensor x, double eps) {
    return Engine.compute(
        () -> {
          try (TensorOptional none = new TensorOptional()) {
            return torch.instance_norm(x.raw(), none, none, none, none, true, 0.1, eps, false);
          }
        });
  }

  public static Tensor softmax(Tensor x, int dim) {
    return Engine.compute(() -> torch.softmax(x.raw(), dim));
  }

  /** The logarithm of {@link #softmax}. */
  public static Tensor logSoftmax(Tensor x, int dim) {
    return Engine.compute(() -> torch.log_softmax(x.raw(), dim));
  }

  /** Overwrites x with its softmax over the last dimension: x again. Records no gradients. */
  static Tensor softmaxInPlace(Tensor x) {
    return Engine.compute(
        () -> new org.bytedeco.pytorch.Tensor(torch.softmax_out(x.raw(), x.raw(), -1)));
  }

  /** L2 norm over {@code dims}, kept; accumulated and returned in float32. */
  public static Tensor norm(Tensor x, long... dims) {
    return Engine.compute(
        () -> {
          try (Scalar two = new Scalar(2.0);
              ScalarTypeOptional float32 = new ScalarTypeOptional(torch.ScalarType.Float)) {
            return torch.linalg_vector_norm(x.raw(), two, dims, true, float32);
          }
        });
  }

  /**
   * L2 norm of each channel over a picture, as {@code norm(x, 1, 2)} of [B, H, W, C], which must be
   * contiguous: [B, 1, 1, C], accumulated and returned in float32. Records no gradients.
   *
   * <p>{@code vector_norm} over the middle dimensions takes each value by itself. The kernel behind
   * batch normalisation takes whole vectors of channels, fifteen times faster, and n·(variance +
   * mean²) is the same sum of squares: both terms are positive, so nothing cancels.
   */
  static Tensor channelNorms(Tensor x) {
    return Scope.tidy(
        () -> {
          long channels = x.size(3);
          List<Tensor> norms = new ArrayList<>();
          for (long picture = 0; picture < x.size(0); picture++) {
            Tensor rows = x.select(0, picture).reshape(1, -1, 1, channels);
            norms.add(sumOfSquares(rows.channelsFirst()).sqrt());
          }
          return Tensor.stack(norms, 0).reshape(-1, 1, 1, channels);
        });
  }

  /** Of each channel of [1, C, n, 1], channels-last: [C]. */
  private static Tensor sumOfSquares(Tensor x) {
    return Scope.tidy(
        () -> {
          long n = x.size(2);
          Tensor sum = Tensor.zeros(DType.FLOAT32, x.size(1)).to(x.device());
          // In parts, because each is summed up value by value.
          for (long start = 0; start < n; start += NORM_ROWS) {
            long length = Math.min(NORM_ROWS, n - start);
            sum.plusInPlace(meanSquare(x.narrow(2, start, length)).times((double) length));
          }
          return sum;
        });
  }

  private static Tensor meanSquare(Tensor x) {
    // Their type, not their value, decides in which type the statistics are made.
    Tensor running = Tensor.zeros(DType.FLOAT32, x.size(1)).to(x.device());
    return Engine.compute(
        () -> {
          try (TensorOptional r = new TensorOptional(running.raw());
              T_TensorTensor_T s = torch.batch_norm_update_stats(x.raw(), r, r, 0)) {
            return torch.addcmul(s.get1(), s.get0(), s.get0());
          }
        });
  }

  /** Rows of {@code table} [n, c] at int64 {@code indices} [...], giving [..., c]. */
  public static Tensor embedding(Tensor table, Tensor indices) {
    return Engine.compute(() -> torch.embedding(table.raw(), indices.raw()));
  }

  /** [B, C·f², H, W] to [B, C, H·f, W·f]; channel order c·f² + dy·f + dx. */
  public static Tensor pixelShuffle(Tensor x, int factor) {
    return Engine.compute(() -> torch.pixel_shuffle(x.raw(), factor));
  }

  /** The inverse of {@link #pixelShuffle}. */
  public static Tensor pixelUnshuffle(Tensor x, int factor) {
    return Engine.compute(() -> torch.pixel_unshuffle(x.raw(), factor));
  }

  /** Repeats the border of [B, C, H, W] by {@code pad} pixels on every side. */
  public static Tensor replicationPad(Tensor x, int pad) {
    return Engine.compute(() -> torch.replication_pad2d(x.raw(), pad, pad, pad, pad));
  }

  /**
   * Antialiased bicubic resize of [B, C, H, W] with {@code align_corners=True}. libtorch's kernel
   * for this pair is neither of the textbook ones (a = -0.5, no corner shift), and Stage B was
   * trained on it.
   */
  public static Tensor bicubicAligned(Tensor x, long height, long width) {
    return antialiased(x, new InterpolateMode(new kBicubic()), true, height, width);
  }

  /** Antialiased bilinear resize of [B, C, H, W], as {@code torchvision}'s Resize of a tensor. */
  public static Tensor bilinear(Tensor x, long height, long width) {
    return antialiased(x, new InterpolateMode(new kBilinear()), false, height, width);
  }

  private static Tensor antialiased(
      Tensor x, InterpolateMode mode, boolean alignCorners, long height, long width) {
    return Engine.compute(
        () -> {
          try (mode;
              InterpolateFuncOptions options = new InterpolateFuncOptions();
              LongVector size = new LongVector(height, width)) {
            options.size().put(size);
            options.mode().put(mode);
            options.align_corners().put(alignCorners);
            options.antialias().put(true);
            return torch.interpolate(x.raw(), options);
          }
        });
  }

  /** Mean squared difference, in float32, over everything but the first dimension: [B]. */
  public static Tensor squaredError(Tensor prediction, Tensor target) {
    return Scope.tidy(
        () -> {
          Tensor difference = prediction.to(DType.FLOAT32).minus(target.to(DType.FLOAT32));
          return difference.square().reshape(prediction.size(0), -1).mean(false, 1);
        });
  }

  /** Singular values of a matrix [n, m], the largest first: [min(n, m)]. */
  public static Tensor singularValues(Tensor matrix) {
    return Engine.compute(() -> torch.linalg_svdvals(matrix.raw()));
  }

  /**
   * The triangular half R of a matrix's QR decomposition, [n, m] to [min(n, m), m]: RᵀR is AᵀA
   * without having squared anything.
   */
  public static Tensor triangular(Tensor matrix) {
    return Engine.compute(
        () -> {
          try (T_TensorTensor_T qr = torch.linalg_qr(matrix.raw(), "r")) {
            return new org.bytedeco.pytorch.Tensor(qr.get1());
          }
        });
  }

  /** Euclidean distances between the rows of [n, c] and [m, c]: [n, m]. */
  public static Tensor distances(Tensor a, Tensor b) {
    return Engine.compute(() -> torch.cdist(a.raw(), b.raw()));
  }
}
