package dev.currywurst.train.judge;

import dev.currywurst.nn.Functional;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.SplittableRandom;

/**
 * The Fréchet distance between two sets of pictures, each taken for a normal distribution of its
 * features (Heusel et al. 2017):
 *
 * <pre>|μ₁ - μ₂|² + tr(Σ₁) + tr(Σ₂) - 2 tr((Σ₁Σ₂)^½)</pre>
 *
 * <p>with unbiased covariances, as pytorch-fid. With few pictures it comes out too large, so only
 * distances from the same number of pictures, by the same features, can be compared.
 */
public final class Frechet {
  private static final int RESAMPLED = 100;

  private Frechet() {}

  /**
   * The distance between the rows of two sets of features.
   *
   * @param a [n, d], n of at least 2
   * @param b [m, d], m of at least 2
   */
  public static double distance(Tensor a, Tensor b) {
    try (Scope scope = Scope.open()) {
      return distance(Normal.of(a), Normal.of(b));
    }
  }

  /**
   * The distance with the spread that it has when other pictures are painted: half of the range is
   * 1.96 deviations of distances of sets drawn with replacement from {@code a}.
   */
  public static Estimate estimate(Tensor a, Tensor b, SplittableRandom random) {
    try (Scope scope = Scope.open()) {
      Normal other = Normal.of(b);
      double[] resampled = new double[RESAMPLED];
      int n = Math.toIntExact(a.size(0));
      for (int k = 0; k < RESAMPLED; k++) {
        long[] rows = new long[n];
        for (int i = 0; i < n; i++) {
          rows[i] = random.nextInt(n);
        }
        try (Scope sample = Scope.open()) {
          resampled[k] = distance(Normal.of(a.indexSelect(0, Tensor.of(rows, n))), other);
        }
      }
      return Estimate.around(distance(Normal.of(a), other), resampled);
    }
  }

  /**
   * A normal distribution.
   *
   * @param mean [1, d]
   * @param root any R with RᵀR = Σ, [r, d]
   */
  private record Normal(Tensor mean, Tensor root) {
    static Normal of(Tensor features) {
      long n = features.size(0);
      if (n < 2) {
        throw new IllegalArgumentException("the spread of " + n + " pictures");
      }
      Tensor exact = features.to(DType.FLOAT64);
      Tensor mean = exact.mean(true, 0);
      Tensor centred = exact.minus(mean).dividedBy(Math.sqrt(n - 1.0));
      boolean tall = n > features.size(1);
      return new Normal(mean, tall ? Functional.triangular(centred) : centred);
    }
  }

  /**
   * The trace of the root of Σ₁Σ₂ is the sum of R₁R₂ᵀ's singular values, since both have the same
   * squares: no root of a matrix is needed, and nothing fails where a covariance is singular.
   */
  private static double distance(Normal a, Normal b) {
    double shift = a.mean.minus(b.mean).square().sum().item();
    double spread = a.root.square().sum().item() + b.root.square().sum().item();
    double common = Functional.singularValues(a.root.matmul(b.root.transpose(0, 1))).sum().item();
    return Math.max(0, shift + spread - 2 * common);
  }
}
