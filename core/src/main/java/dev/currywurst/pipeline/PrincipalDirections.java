package dev.currywurst.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The directions in which samples vary most, by power iteration on their covariance. */
final class PrincipalDirections {
  private static final int ITERATIONS = 100;

  private final int size;
  private final double[] sums;
  private final double[][] products;
  private long count;

  PrincipalDirections(int size) {
    this.size = size;
    this.sums = new double[size];
    this.products = new double[size][size];
  }

  /** A unit vector, and the samples' standard deviation along it. */
  record Direction(List<Double> vector, double deviation) {}

  void add(double[] sample) {
    count++;
    for (int i = 0; i < size; i++) {
      sums[i] += sample[i];
      for (int j = 0; j < size; j++) {
        products[i][j] += sample[i] * sample[j];
      }
    }
  }

  double[] mean() {
    double[] mean = new double[size];
    for (int i = 0; i < size; i++) {
      mean[i] = sums[i] / count;
    }
    return mean;
  }

  /** The first {@code wanted} directions; of deviation 0 where there are no more. */
  List<Direction> first(int wanted) {
    double[][] covariance = covariance();
    List<Direction> directions = new ArrayList<>();
    for (int k = 0; k < wanted; k++) {
      double[] vector = new double[size];
      for (int i = 0; i < size; i++) {
        vector[i] = 1.0 / (i + 1); // leans towards all axes, so it misses no direction
      }
      double variance = 0;
      for (int i = 0; i < ITERATIONS; i++) {
        double[] next = product(covariance, vector);
        double length = Math.sqrt(dot(next, next));
        if (length < 1e-12) {
          variance = 0;
          break;
        }
        variance = length;
        for (int j = 0; j < size; j++) {
          vector[j] = next[j] / length;
        }
      }
      orient(vector);
      directions.add(new Direction(Arrays.stream(vector).boxed().toList(), Math.sqrt(variance)));
      // Take this direction out, so that the next one comes first.
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          covariance[i][j] -= variance * vector[i] * vector[j];
        }
      }
    }
    return directions;
  }

  private double[][] covariance() {
    double[] mean = mean();
    double[][] covariance = new double[size][size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        covariance[i][j] = products[i][j] / count - mean[i] * mean[j];
      }
    }
    return covariance;
  }

  /** A direction and its opposite are the same; colours should not jump between them. */
  private static void orient(double[] vector) {
    int largest = 0;
    for (int i = 1; i < vector.length; i++) {
      if (Math.abs(vector[i]) > Math.abs(vector[largest])) {
        largest = i;
      }
    }
    if (vector[largest] < 0) {
      for (int i = 0; i < vector.length; i++) {
        vector[i] = -vector[i];
      }
    }
  }

  private static double[] product(double[][] matrix, double[] vector) {
    double[] result = new double[vector.length];
    for (int i = 0; i < vector.length; i++) {
      result[i] = dot(matrix[i], vector);
    }
    return result;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
