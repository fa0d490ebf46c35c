package dev.currywurst.train.stage;

import dev.currywurst.image.Image;
import dev.currywurst.pipeline.LatentGrid;
import dev.currywurst.pipeline.LatentPreview;
import dev.currywurst.pipeline.StageCLatents;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.data.PictureForms;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * What Stage C learns to make: the frozen encoder's maps, brought to mean 0 and deviation 1. The
 * published model's scale is (e + 1) / 42.
 */
final class StageCTargets implements AutoCloseable {
  /** Pictures that the scale is measured on. */
  private static final int MEASURED = 4096;

  /** Pictures that previews are fitted to. */
  private static final int PREVIEWED = 256;

  /**
   * From encoder maps e to targets z = (e + offset) / factor, {@code latent_std} and {@code
   * latent_mean} in the published model's index: those names mislead.
   */
  record Scale(double factor, double offset) {}

  private final ImageEncoder encoder;
  private final KeptFeatures kept;

  StageCTargets(ImageEncoder encoder, KeptFeatures kept) {
    this.encoder = encoder;
    this.kept = kept;
  }

  /** The frozen encoder. */
  ImageEncoder encoder() {
    return encoder;
  }

  /** Leaves so many bytes of the disk to others than the maps that are kept. */
  void leaveFree(long bytes) {
    kept.leaveFree(bytes);
  }

  /** Targets [B, channels, h, w] of a batch. */
  Tensor of(Batch batch, Scale scale) {
    return Scope.tidy(() -> maps(batch).plus(scale.offset()).dividedBy(scale.factor()));
  }

  /** Sides of the maps of pictures of so many pixels. */
  long side(int pixels) {
    return side(encoder.config(), pixels);
  }

  /** Sides of the maps that an encoder makes of pictures of so many pixels. */
  static long side(ImageEncoderConfig encoder, int pixels) {
    int compression = encoder.compression();
    // Each of its convolutions rounds up.
    return (Math.round(pixels * ImageEncoder.SCALE) + compression - 1) / compression;
  }

  /** The encoder's maps of a batch; each picture goes through it once. */
  private Tensor maps(Batch batch) {
    return kept.of(
        batch.keys(),
        places -> encoder.encode(ImageEncoder.prepare(batch.tensor(places))),
        encoder.config().latentChannels(),
        side(batch.frame().height()),
        side(batch.frame().width()));
  }

  /** Makes the maps of all pictures' forms that come again, as far as they are not there yet. */
  void encodeAll(PictureBatches pictures, Stage.Preparing preparing) {
    long all = pictures.forms();
    pictures.eachForm(
        new PictureForms.Taker() {
          @Override
          public boolean wants(String key) {
            return !kept.has(key);
          }

          @Override
          public boolean take(Batch form, long done) {
            try (Scope scope = Scope.open()) {
              maps(form);
            }
            return preparing.goesOn(done, all);
          }
        });
  }

  /** The scale that brings the maps of these pictures to mean 0 and deviation 1. */
  Scale measure(PictureBatches pictures) {
    Moments moments = new Moments();
    for (int i = 0; i < Math.min(MEASURED, pictures.size()); i++) {
      try (Scope scope = Scope.open()) {
        moments.add(maps(pictures.plain(i, 1)).toFloats());
      }
    }
    double deviation = moments.deviation();
    return new Scale(deviation > 0 ? deviation : 1, -moments.mean());
  }

  /** A preview fitted to pictures and their maps. */
  LatentPreview preview(PictureBatches pictures) {
    List<LatentPreview.Example> examples = new ArrayList<>();
    for (int i = 0; i < Math.min(PREVIEWED, pictures.size()); i++) {
      Batch one = pictures.plain(i, 1);
      Image picture = one.image(0);
      try (Scope scope = Scope.open()) {
        StageCLatents latents = new StageCLatents(LatentGrid.of(maps(one)));
        examples.add(new LatentPreview.Example(latents, picture));
      }
    }
    return LatentPreview.fit(examples);
  }

  @Override
  public void close() {
    encoder.close();
  }
}
