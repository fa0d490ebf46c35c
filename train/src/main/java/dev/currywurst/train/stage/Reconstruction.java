package dev.currywurst.train.stage;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.StageA;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How well pictures come back from their latents. */
final class Reconstruction {
  private static final int BATCH = 16;

  private Reconstruction() {}

  /**
   * Stage A's figures: "psnr" over all pixels and "psnr_drawn" over those that are not background,
   * in dB, each of the mean squared error over all held-out pictures.
   */
  static Map<String, Double> of(StageA network, PictureBatches heldOut, Path folder) {
    double[] error = new double[2];
    double[] count = new double[2];
    List<Image> sheet = new ArrayList<>();
    Grad.off(
        () -> {
          for (int first = 0; first < heldOut.size(); first += BATCH) {
            int size = Math.min(BATCH, heldOut.size() - first);
            try (Scope scope = Scope.open()) {
              PictureBatches.Batch batch = heldOut.plain(first, size);
              Tensor pictures = batch.tensor();
              float[] restored = network.decode(network.encode(pictures)).clamp(0, 1).toFloats();
              addErrors(batch, restored, error, count);
              if (sheet.size() < 32) {
                addPictures(batch, restored, sheet);
              }
            }
          }
        });
    SampleSheet.write(sheet, 8, folder.resolve("reconstruction.png"));
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("psnr", psnr(error[0], count[0]));
    figures.put("psnr_drawn", psnr(error[1], count[1]));
    return figures;
  }

  private static double psnr(double error, double count) {
    return 10 * Math.log10(count / error);
  }

  private static void addErrors(
      PictureBatches.Batch batch, float[] restored, double[] error, double[] count) {
    int area = batch.side() * batch.side();
    for (int n = 0; n < batch.size(); n++) {
      float[] picture = batch.planes(n);
      for (int pixel = 0; pixel < area; pixel++) {
        double sum = 0;
        boolean drawn = false;
        for (int channel = 0; channel < 3; channel++) {
          float original = picture[channel * area + pixel];
          double difference = original - restored[(n * 3 + channel) * area + pixel];
          sum += difference * difference;
          drawn |= original < 0.99f;
        }
        error[0] += sum;
        count[0] += 3;
        if (drawn) {
          error[1] += sum;
          count[1] += 3;
        }
      }
    }
  }

  private static void addPictures(PictureBatches.Batch batch, float[] restored, List<Image> sheet) {
    int each = 3 * batch.side() * batch.side();
    for (int n = 0; n < batch.size(); n++) {
      float[] one = new float[each];
      System.arraycopy(restored, n * each, one, 0, each);
      sheet.add(Image.ofPlanes(batch.side(), batch.side(), batch.planes(n)));
      sheet.add(Image.ofPlanes(batch.side(), batch.side(), one));
    }
  }
}
