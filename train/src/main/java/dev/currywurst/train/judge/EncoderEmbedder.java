package dev.currywurst.train.judge;

import dev.currywurst.clip.Embedder;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.weights.WeightSource;
import dev.currywurst.wuerstchen.ImageEncoder;
import dev.currywurst.wuerstchen.ImageEncoderConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Embeds pictures by what a model's image encoder sees in them, averaged over the picture. */
public final class EncoderEmbedder implements Embedder, AutoCloseable {
  private final ImageEncoder encoder;
  private final int side;

  private EncoderEmbedder(ImageEncoder encoder, int side) {
    this.encoder = encoder;
    this.side = side;
  }

  /** An embedder that is closed with this, or none. */
  public record Loan(Optional<EncoderEmbedder> embedder) implements AutoCloseable {
    /** By their name in tables. */
    public Map<String, Embedder> embedders() {
      return embedder.<Map<String, Embedder>>map(e -> Map.of("encoder", e)).orElse(Map.of());
    }

    @Override
    public void close() {
      embedder.ifPresent(EncoderEmbedder::close);
    }
  }

  /** That of a model, if it has an image encoder: published ones have not. */
  public static Loan of(ModelFolder model) {
    if (!model.has(Component.IMAGE_ENCODER)) {
      return new Loan(Optional.empty());
    }
    var folder = model.require(Component.IMAGE_ENCODER);
    ImageEncoderConfig config = ImageEncoderConfig.read(folder.config());
    WeightSource source =
        WeightSource.mapped(folder.weights(DType.FLOAT32), DType.FLOAT32, Device.CPU);
    try (Scope scope = Scope.open()) {
      ImageEncoder encoder = source.build(p -> new ImageEncoder(config, p));
      return new Loan(Optional.of(new EncoderEmbedder(encoder, side(model, config))));
    }
  }

  /** The least side of at least the model's own whose three quarters can be halved so often. */
  private static int side(ModelFolder model, ImageEncoderConfig config) {
    int multiple = 4 * config.compression() / (config.compression() % 3 == 0 ? 3 : 1);
    int natural = Math.min(model.naturalSize().width(), model.naturalSize().height());
    return (natural + multiple - 1) / multiple * multiple;
  }

  @Override
  public int dimension() {
    return encoder.config().lastChannels();
  }

  @Override
  public Tensor embedImages(List<Image> images) {
    return Grad.off(
        () ->
            Scope.tidy(
                () -> {
                  int each = 3 * side * side;
                  float[] values = new float[images.size() * each];
                  for (int i = 0; i < images.size(); i++) {
                    Image square = Resize.resize(images.get(i), side, side, Resize.Filter.BICUBIC);
                    System.arraycopy(square.planes(), 0, values, i * each, each);
                  }
                  Tensor pictures = Tensor.of(values, images.size(), 3, side, side);
                  return encoder.pooled(ImageEncoder.prepare(pictures));
                }));
  }

  @Override
  public void close() {
    encoder.close();
  }
}
