package dev.currywurst.train.stage;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.ImageEncoder;
import java.util.ArrayList;
import java.util.List;

/**
 * What Stage C learns to make: the frozen encoder's maps, brought to mean 0 and deviation 1. The
 * published model's scale is (e + 1) / 42.
 */
public final class StageCTargets implements AutoCloseable {
  /**
   * From encoder maps e to targets z = (e + offset) / factor, {@code latent_std} and {@code
   * latent_mean} in the published model's index: those names mislead.
   */
  public record Scale(double factor, double offset) {
    public static final Scale PUBLISHED = new Scale(42, 1);
  }

  private final ImageEncoder encoder;
  private final Scale scale;
  private final FeatureStore kept;

  public StageCTargets(ImageEncoder encoder, Scale scale, FeatureStore kept) {
    this.encoder = encoder;
    this.scale = scale;
    this.kept = kept;
  }

  public Scale scale() {
    return scale;
  }

  /** Pixels of the encoder's input for each value of a map. */
  int compression() {
    return encoder.config().compression();
  }

  /** Targets [B, channels, h, w] of a batch; each picture goes through the encoder once. */
  Tensor of(PictureBatches.Batch batch) {
    return Scope.tidy(() -> maps(batch).plus(scale.offset()).dividedBy(scale.factor()));
  }

  private Tensor maps(PictureBatches.Batch batch) {
    List<Integer> missing = new ArrayList<>();
    float[][] maps = new float[batch.size()][];
    for (int i = 0; i < batch.size(); i++) {
      maps[i] = kept.find(batch.key(i));
      if (maps[i] == null) {
        missing.add(i);
      }
    }
    int side = mapSide(batch.side());
    int channels = encoder.config().latentChannels();
    int each = channels * side * side;
    if (!missing.isEmpty()) {
      encode(batch, missing, maps, each);
    }
    float[] all = new float[batch.size() * each];
    for (int i = 0; i < batch.size(); i++) {
      System.arraycopy(maps[i], 0, all, i * each, each);
    }
    return Tensor.of(all, batch.size(), channels, side, side);
  }

  private int mapSide(int pictureSide) {
    return (int) Math.round(pictureSide * ImageEncoder.SCALE) / encoder.config().compression();
  }

  private void encode(PictureBatches.Batch batch, List<Integer> missing, float[][] maps, int each) {
    try (Scope scope = Scope.open()) {
      Tensor pictures = batch.tensor(missing);
      float[] encoded = Grad.off(() -> encoder.encode(ImageEncoder.prepare(pictures))).toFloats();
      for (int k = 0; k < missing.size(); k++) {
        int i = missing.get(k);
        maps[i] = new float[each];
        System.arraycopy(encoded, k * each, maps[i], 0, each);
        kept.keep(batch.key(i), maps[i]);
      }
    }
  }

  /** Mean and deviation of the encoder's maps over pictures, as a scale. */
  static Scale measure(ImageEncoder encoder, PictureBatches pictures, FeatureStore kept) {
    StageCTargets raw = new StageCTargets(encoder, new Scale(1, 0), kept);
    double sum = 0;
    double square = 0;
    long count = 0;
    for (int i = 0; i < pictures.size(); i++) {
      float[] map;
      try (Scope scope = Scope.open()) {
        map = raw.of(pictures.plain(i, 1)).toFloats();
      }
      for (float value : map) {
        sum += value;
        square += (double) value * value;
      }
      count += map.length;
    }
    double mean = sum / count;
    return new Scale(Math.sqrt(square / count - mean * mean), -mean);
  }

  @Override
  public void close() {
    encoder.close();
  }
}
