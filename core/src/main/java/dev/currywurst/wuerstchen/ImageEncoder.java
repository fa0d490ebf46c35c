package dev.currywurst.wuerstchen;

import dev.currywurst.nn.BatchNorm2d;
import dev.currywurst.nn.Conv2d;
import dev.currywurst.nn.Dropout;
import dev.currywurst.nn.Functional;
import dev.currywurst.nn.Init;
import dev.currywurst.nn.Parameters;
import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes Stage C's targets from pictures: an EfficientNet v2 (Tan and Le 2021, as in torchvision)
 * and a 1x1 layer. {@code EfficientNetEncoder} in the original code.
 */
public final class ImageEncoder implements AutoCloseable {
  static final double EPS = 1e-3;

  /** How much smaller than the picture the encoder's input is: 1024 pixels are seen as 768. */
  public static final double SCALE = 0.75;

  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

  private final ImageEncoderConfig config;
  private final Parameters parameters;
  private final ConvNorm first;
  private final List<Block> blocks = new ArrayList<>();
  private final ConvNorm last;
  private final Conv2d mapper;
  private final BatchNorm2d mapperNorm;

  public ImageEncoder(ImageEncoderConfig config, Parameters p) {
    this.config = config;
    this.parameters = p;
    Parameters backbone = p.at("backbone");
    int in = config.stages().get(0).in();
    this.first = new ConvNorm(backbone.at(0), 3, in, new Conv2d.Shape(3, 2, 1, 1));
    int total = config.stages().stream().mapToInt(ImageEncoderConfig.Stage::layers).sum();
    for (int s = 0; s < config.stages().size(); s++) {
      ImageEncoderConfig.Stage stage = config.stages().get(s);
      for (int j = 0; j < stage.layers(); j++) {
        double skip = config.stochasticDepth() * blocks.size() / total;
        blocks.add(new Block(backbone.at(s + 1).at(j).at("block"), stage, j == 0, skip));
      }
    }
    int out = config.stages().get(config.stages().size() - 1).out();
    this.last =
        new ConvNorm(
            backbone.at(config.stages().size() + 1),
            out,
            config.lastChannels(),
            Conv2d.Shape.POINTWISE);
    this.mapper =
        new Conv2d(
            p.at("mapper").at(0),
            config.lastChannels(),
            config.latentChannels(),
            Conv2d.Shape.POINTWISE,
            Init.XAVIER,
            false);
    this.mapperNorm = new BatchNorm2d(p.at("mapper").at(1), config.latentChannels(), 1e-5);
  }

  /** A convolution and its batch norm, the names of torchvision's {@code Conv2dNormActivation}. */
  private static final class ConvNorm {
    private final Conv2d conv;
    private final BatchNorm2d norm;

    ConvNorm(Parameters p, int in, int out, Conv2d.Shape shape) {
      // Kaiming by the fan out, as torchvision begins.
      double fanOut = (double) shape.kernel() * shape.kernel() * out;
      this.conv = new Conv2d(p.at(0), in, out, shape, Init.normal(Math.sqrt(2 / fanOut)), false);
      this.norm = new BatchNorm2d(p.at(1), out, EPS);
    }

    Tensor apply(Tensor x, boolean training) {
      return Scope.tidy(() -> norm.apply(conv.apply(x), training));
    }

    Tensor activated(Tensor x, boolean training) {
      return Scope.tidy(() -> Functional.silu(apply(x, training)));
    }
  }

  /** {@code FusedMBConv} or {@code MBConv}. */
  private static final class Block {
    private final @Nullable ConvNorm expand;
    private final @Nullable ConvNorm spatial;
    private final @Nullable Conv2d squeeze;
    private final @Nullable Conv2d excite;
    private final ConvNorm project;
    private final boolean residual;
    private final boolean activateProjection;
    private final double skip;

    Block(Parameters p, ImageEncoderConfig.Stage stage, boolean isFirst, double skip) {
      int in = isFirst ? stage.in() : stage.out();
      int stride = isFirst ? stage.stride() : 1;
      int wide = in * stage.expansion();
      int out = stage.out();
      int pad = stage.kernel() / 2;
      this.residual = stride == 1 && in == out;
      this.skip = skip;
      Conv2d.Shape full = new Conv2d.Shape(stage.kernel(), stride, pad, 1);
      if (stage.fused()) {
        // Without expansion the one convolution both mixes and projects.
        this.activateProjection = stage.expansion() == 1;
        this.spatial = activateProjection ? null : new ConvNorm(p.at(0), in, wide, full);
        this.expand = null;
        this.squeeze = null;
        this.excite = null;
        this.project =
            activateProjection
                ? new ConvNorm(p.at(0), in, out, full)
                : new ConvNorm(p.at(1), wide, out, Conv2d.Shape.POINTWISE);
        return;
      }
      this.activateProjection = false;
      int at = stage.expansion() == 1 ? 0 : 1;
      this.expand =
          stage.expansion() == 1 ? null : new ConvNorm(p.at(0), in, wide, Conv2d.Shape.POINTWISE);
      Conv2d.Shape depthwise = new Conv2d.Shape(stage.kernel(), stride, pad, wide);
      this.spatial = new ConvNorm(p.at(at), wide, wide, depthwise);
      int squeezed = Math.max(1, in / ImageEncoderConfig.SQUEEZE);
      this.squeeze = new Conv2d(p.at(at + 1).at("fc1"), wide, squeezed, Conv2d.Shape.POINTWISE);
      this.excite = new Conv2d(p.at(at + 1).at("fc2"), squeezed, wide, Conv2d.Shape.POINTWISE);
      this.project = new ConvNorm(p.at(at + 2), wide, out, Conv2d.Shape.POINTWISE);
    }

    Tensor apply(Tensor x, boolean training, Dropout random) {
      return Scope.tidy(
          () -> {
            Tensor h = x;
            if (expand != null) {
              h = expand.activated(h, training);
            }
            if (spatial != null) {
              h = spatial.activated(h, training);
            }
            if (squeeze != null && excite != null) {
              Tensor pooled = h.mean(true, 2, 3); // [B, C, 1, 1]
              h = h.times(excite.apply(Functional.silu(squeeze.apply(pooled))).sigmoid());
            }
            h = activateProjection ? project.activated(h, training) : project.apply(h, training);
            return residual ? x.plus(random.applyToRows(h, skip)) : h;
          });
    }
  }

  /**
   * Prepares pictures: ImageNet's mean and deviation, three quarters of the size.
   *
   * @param pictures [B, 3, H, W] from 0 to 1, float32
   * @return [B, 3, H·0.75, W·0.75]
   */
  public static Tensor prepare(Tensor pictures) {
    return Scope.tidy(
        () -> {
          long height = Math.round(pictures.size(2) * SCALE);
          long width = Math.round(pictures.size(3) * SCALE);
          Tensor small = Functional.bilinear(pictures, height, width);
          Tensor mean = Tensor.of(MEAN, 1, 3, 1, 1).to(pictures.device());
          Tensor deviation = Tensor.of(DEVIATION, 1, 3, 1, 1).to(pictures.device());
          return small.minus(mean).dividedBy(deviation);
        });
  }

  /**
   * Encodes prepared pictures.
   *
   * @param prepared [B, 3, h, w], sides divisible by {@link ImageEncoderConfig#compression()}
   * @return [B, latentChannels, h/32, w/32], as Stage B takes it; Stage C's targets are these plus
   *     1, divided by 42
   */
  public Tensor encode(Tensor prepared) {
    return encode(prepared, false, Dropout.OFF);
  }

  /** As {@link #encode(Tensor)}; {@code training} normalises by the batch's own statistics. */
  public Tensor encode(Tensor prepared, boolean training, Dropout random) {
    return Scope.tidy(
        () -> {
          Tensor features = features(prepared.to(parameters.dtype()), training, random);
          return mapperNorm.apply(mapper.apply(features), training).to(DType.FLOAT32);
        });
  }

  /** The features before the last layer, [B, lastChannels, h/32, w/32]. */
  Tensor features(Tensor prepared, boolean training, Dropout random) {
    return Scope.tidy(
        () -> {
          Tensor h = first.activated(prepared, training);
          for (Block block : blocks) {
            h = block.apply(h, training, random);
          }
          return last.activated(h, training);
        });
  }

  /**
   * What the backbone says of whole pictures: its last channels, averaged over the map.
   *
   * @param prepared as for {@link #encode(Tensor)}
   * @return [B, lastChannels]
   */
  public Tensor pooled(Tensor prepared) {
    return Scope.tidy(
        () ->
            features(prepared.to(parameters.dtype()), false, Dropout.OFF)
                .mean(false, 2, 3)
                .to(DType.FLOAT32));
  }

  public ImageEncoderConfig config() {
    return config;
  }

  /** The weights, by the published names. */
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public void close() {
    parameters.close();
  }
}
