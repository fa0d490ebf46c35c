package dev.currywurst.train.dataset;

import dev.currywurst.image.ImageDecoder;
import dev.currywurst.train.dataset.Survey.Surveyed;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** Compares what a network sees in pictures: the cosine between their embeddings. */
public final class EmbeddingMeasure implements Measure {
  private static final double SLACK = 0.02;

  private final List<float[]> embeddings;
  private final double threshold;

  private EmbeddingMeasure(List<float[]> embeddings, double threshold) {
    this.embeddings = embeddings;
    this.threshold = threshold;
  }

  /**
   * Embeds all pictures of a survey that can be read, laid on white.
   *
   * @param threshold the cosine from which on two are nearly the same
   * @param progress is told after each picture how many were embedded
   */
  public static EmbeddingMeasure of(
      Survey survey,
      ImageDecoder decoder,
      PictureEmbedder embedder,
      double threshold,
      IntConsumer progress) {
    List<float[]> embeddings = new ArrayList<>();
    for (Surveyed picture : survey.readable()) {
      embeddings.add(unit(embedder.embed(picture.entry().onWhite(decoder))));
      progress.accept(embeddings.size());
    }
    return new EmbeddingMeasure(List.copyOf(embeddings), threshold);
  }

  private static float[] unit(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    float[] unit = new float[values.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (values[i] / Math.sqrt(squares));
    }
    return unit;
  }

  @Override
  public String name() {
    return "embedding";
  }

  @Override
  public double similarity(int a, int b) {
    float[] one = embeddings.get(a);
    float[] other = embeddings.get(b);
    float sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += one[i] * other[i];
    }
    return sum;
  }

  @Override
  public double threshold() {
    return threshold;
  }

  @Override
  public double guard() {
    return threshold - SLACK;
  }
}
