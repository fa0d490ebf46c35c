package dev.currywurst.pipeline;

/**
 * Fits y = W·x + b to samples by their normal equations. For a handful of inputs; a ridge keeps it
 * solvable where samples are fewer than inputs.
 */
final class LeastSquares {
  private static final double RIDGE = 1e-6;

  private final int inputs;
  private final int outputs;
  private final double[][] products; // of [x, 1] with itself
  private final double[][] targets; // of y with [x, 1]

  LeastSquares(int inputs, int outputs) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.products = new double[inputs + 1][inputs + 1];
    this.targets = new double[outputs][inputs + 1];
  }

  void add(double[] x, double[] y) {
    for (int i = 0; i <= inputs; i++) {
      double xi = i < inputs ? x[i] : 1;
      for (int j = 0; j <= inputs; j++) {
        products[i][j] += xi * (j < inputs ? x[j] : 1);
      }
      for (int k = 0; k < outputs; k++) {
        targets[k][i] += y[k] * xi;
      }
    }
  }

  /** One row for each output: its weights, then its bias. */
  double[][] solve() {
    double[][] lower = cholesky();
    double[][] solution = new double[outputs][];
    for (int k = 0; k < outputs; k++) {
      solution[k] = substitute(lower, targets[k]);
    }
    return solution;
  }

  /** The lower triangle L with L·Lᵀ = the products and the ridge. */
  private double[][] cholesky() {
    int n = inputs + 1;
    double trace = 0;
    for (int i = 0; i < n; i++) {
      trace += products[i][i];
    }
    double[][] lower = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = products[i][j] + (i == j ? RIDGE * trace / n : 0);
        for (int k = 0; k < j; k++) {
          sum -= lower[i][k] * lower[j][k];
        }
        lower[i][j] = i == j ? Math.sqrt(sum) : sum / lower[j][j];
      }
    }
    return lower;
  }

  private static double[] substitute(double[][] lower, double[] right) {
    int n = right.length;
    double[] x = right.clone();
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        x[i] -= lower[i][k] * x[k];
      }
      x[i] /= lower[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= lower[k][i] * x[k];
      }
      x[i] /= lower[i][i];
    }
    return x;
  }
}
