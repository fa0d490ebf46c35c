package dev.currywurst.train.judge;

import dev.currywurst.clip.ClipModel;
import dev.currywurst.clip.Embedder;
import dev.currywurst.image.Image;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells whether pictures are of one style or of another: by which set's mean their features are
 * nearer to.
 */
public final class StyleJudge {
  private static final int TOGETHER = 16;

  private final Embedder embedder;
  private final float[] style;
  private final float[] other;

  /**
   * Learns what the two look like.
   *
   * @param embedder such as CLIP; stays the caller's
   * @param style pictures of the style that is looked for
   * @param others pictures of another
   */
  public StyleJudge(Embedder embedder, List<Image> style, List<Image> others) {
    this.embedder = embedder;
    this.style = mean(features(style));
    this.other = mean(features(others));
  }

  /** How many of some pictures are of the style. */
  public Estimate share(List<Image> pictures) {
    int found = 0;
    for (float[] feature : features(pictures)) {
      if (product(feature, style) > product(feature, other)) {
        found++;
      }
    }
    return Estimate.share(found, pictures.size());
  }

  /** Of length 1, as the means are: the larger product is the smaller angle. */
  private List<float[]> features(List<Image> pictures) {
    List<float[]> features = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i += TOGETHER) {
      List<Image> some = pictures.subList(i, Math.min(pictures.size(), i + TOGETHER));
      try (Scope scope = Scope.open()) {
        Tensor rows = ClipModel.unit(embedder.embedImages(some));
        for (int k = 0; k < some.size(); k++) {
          features.add(rows.select(0, k).toFloats());
        }
      }
    }
    return features;
  }

  private static float[] mean(List<float[]> features) {
    if (features.isEmpty()) {
      throw new IllegalArgumentException("a style of no pictures");
    }
    float[] mean = new float[features.get(0).length];
    for (float[] feature : features) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += feature[i] / features.size();
      }
    }
    double length = Math.sqrt(product(mean, mean));
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= (float) length;
    }
    return mean;
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * (double) b[i];
    }
    return sum;
  }
}
