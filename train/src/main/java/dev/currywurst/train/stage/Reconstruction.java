package dev.currywurst.train.stage;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.judge.Silhouette;
import dev.currywurst.wuerstchen.StageA;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** How well pictures come back from Stage A's latents. */
final class Reconstruction {
  private static final int SHOWN = 16;

  private Reconstruction() {}

  /**
   * Stage A's figures: "psnr" over all pixels and "psnr_drawn" over those where something is drawn
   * ({@link Silhouette}), in dB, each of the mean squared error over all held-out pictures.
   */
  static Map<String, Double> of(
      StageA network, PictureBatches heldOut, Path folder, Stopping stopping) {
    SquaredError all = new SquaredError();
    SquaredError drawn = new SquaredError();
    PairSheet sheet = new PairSheet(SHOWN, 4);
    Grad.off(
        () -> {
          int together = heldOut.together();
          for (int first = 0; first < heldOut.size(); first += together) {
            stopping.leave();
            int size = Math.min(together, heldOut.size() - first);
            try (Scope scope = Scope.open()) {
              Batch batch = heldOut.plain(first, size).made();
              Tensor pictures = batch.tensor();
              float[] restored = network.decode(network.encode(pictures)).clamp(0, 1).toFloats();
              add(batch, restored, all, drawn);
              sheet.add(batch, restored);
            }
          }
        });
    sheet.write(folder.resolve("reconstruction.png"));
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("psnr", all.psnr());
    figures.put("psnr_drawn", drawn.psnr());
    return figures;
  }

  /** The mean of squared differences of values from 0 to 1. */
  private static final class SquaredError {
    private double sum;
    private long count;

    void add(double squared, int values) {
      sum += squared;
      count += values;
    }

    double psnr() {
      return 10 * Math.log10(count / sum);
    }
  }

  private static void add(Batch batch, float[] restored, SquaredError all, SquaredError drawn) {
    int area = batch.side() * batch.side();
    for (int n = 0; n < batch.size(); n++) {
      float[] picture = batch.planes(n);
      for (int pixel = 0; pixel < area; pixel++) {
        double sum = 0;
        for (int channel = 0; channel < 3; channel++) {
          float original = picture[channel * area + pixel];
          double difference = original - restored[(n * 3 + channel) * area + pixel];
          sum += difference * difference;
        }
        all.add(sum, 3);
        if (Silhouette.isDrawn(picture[pixel], picture[area + pixel], picture[2 * area + pixel])) {
          drawn.add(sum, 3);
        }
      }
    }
  }
}
