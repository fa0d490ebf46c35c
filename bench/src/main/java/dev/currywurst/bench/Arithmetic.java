package dev.currywurst.bench;

import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageCConfig;

/**
 * Floating-point operations of one pass, counted from shapes: two for each multiplication and
 * addition of matrix products and convolutions; everything else is left out, and so is what exact
 * savings leave out.
 *
 * @param linear of linear layers
 * @param attention of scores and weighted sums
 * @param convolution of convolutions
 */
record Arithmetic(double linear, double attention, double convolution) {
  private static final int TEXT = 77;

  double total() {
    return linear + attention + convolution;
  }

  private Arithmetic plus(Arithmetic other) {
    return new Arithmetic(
        linear + other.linear, attention + other.attention, convolution + other.convolution);
  }

  private Arithmetic times(double factor) {
    return new Arithmetic(linear * factor, attention * factor, convolution * factor);
  }

  private static Arithmetic linear(double rows, double in, double out) {
    return new Arithmetic(2 * rows * in * out, 0, 0);
  }

  private static Arithmetic convolution(double pixels, double kernel, double in, double out) {
    return new Arithmetic(0, 0, 2 * pixels * kernel * kernel * in * out);
  }

  /** A residual block whose first layer has {@code in} inputs. */
  private static Arithmetic residual(double pixels, double in, double width, int kernel) {
    return convolution(pixels, kernel, 1, width)
        .plus(linear(pixels, in, 4 * width))
        .plus(linear(pixels, 4 * width, width));
  }

  /** An attention block; keys and values of the text are made once. */
  private static Arithmetic attention(double pixels, double width) {
    double scores = 2 * 2 * pixels * (pixels + TEXT) * width;
    return new Arithmetic(0, scores, 0).plus(linear(pixels, width, width).times(4));
  }

  /** One step under guidance: two rows, or one until text comes in. */
  static Arithmetic stageC(StageCConfig config, int pixels) {
    double side = Math.floor(pixels * 3 / 128.0);
    double n = side * side;
    double width = config.width();
    Arithmetic residual = residual(n, width, width, 3);
    Arithmetic projection = linear(n, config.latentChannels(), width);
    Arithmetic row =
        residual
            .plus(attention(n, width))
            .times(config.depth())
            .plus(projection)
            .plus(linear(n, width, 2.0 * config.latentChannels()));
    return row.times(2).plus(residual.plus(projection).times(-1));
  }

  /** One step without guidance. */
  static Arithmetic stageB(StageBConfig config, int pixels) {
    return stageBShared(config, pixels).plus(stageBConditioned(config, pixels));
  }

  /** One step with guidance: twice what sees a condition. */
  static Arithmetic stageBGuided(StageBConfig config, int pixels) {
    return stageBShared(config, pixels).plus(stageBConditioned(config, pixels).times(2));
  }

  /** What no condition has touched: the way in, to the first level that sees one. */
  private static Arithmetic stageBShared(StageBConfig config, int pixels) {
    double patch = (double) config.patchSize() * config.patchSize();
    Arithmetic sum =
        linear(finest(config, pixels), config.latentChannels() * patch, width(config, 0));
    for (int i = 0; i < config.levels().size(); i++) {
      if (i > 0) {
        sum = sum.plus(change(config, pixels, i));
      }
      if (isConditioned(config.levels().get(i))) {
        break;
      }
      sum = sum.plus(blocks(config, pixels, i));
    }
    return sum;
  }

  private static Arithmetic stageBConditioned(StageBConfig config, int pixels) {
    double patch = (double) config.patchSize() * config.patchSize();
    Arithmetic sum =
        linear(finest(config, pixels), width(config, 0), 2 * config.latentChannels() * patch);
    boolean conditioned = false;
    for (int i = 0; i < config.levels().size(); i++) {
      Arithmetic blocks = blocks(config, pixels, i);
      sum = sum.plus(blocks); // on the way up
      if (i < config.levels().size() - 1) {
        double width = width(config, i);
        // The first block on the way up sees a skip connection.
        sum = sum.plus(linear(finest(config, pixels) / Math.pow(4, i), width, 4 * width));
      }
      if (i > 0) {
        sum = sum.plus(change(config, pixels, i).times(conditioned ? 2 : 1));
      }
      conditioned |= isConditioned(config.levels().get(i));
      sum = sum.plus(blocks.times(conditioned ? 1 : 0)); // on the way down
    }
    return sum;
  }

  private static boolean isConditioned(StageBConfig.Level level) {
    return level.seesSemantics() || level.pattern().contains("A");
  }

  /** The finest level's pixels. */
  private static double finest(StageBConfig config, int pixels) {
    return Math.pow(pixels / 4.0 / config.patchSize(), 2);
  }

  private static double width(StageBConfig config, int level) {
    return config.levels().get(level).width();
  }

  /** A level's blocks, one way. */
  private static Arithmetic blocks(StageBConfig config, int pixels, int index) {
    StageBConfig.Level level = config.levels().get(index);
    double n = finest(config, pixels) / Math.pow(4, index);
    double width = level.width();
    double semantic = level.seesSemantics() ? config.semanticChannels() : 0;
    Arithmetic residual = residual(n, width + semantic, width, config.kernel());
    return (level.pattern().contains("A") ? residual.plus(attention(n, width)) : residual)
        .times(level.repeats());
  }

  /** Between a level and the next finer one, by 2x2 kernels with stride 2. */
  private static Arithmetic change(StageBConfig config, int pixels, int level) {
    double n = finest(config, pixels) / Math.pow(4, level);
    return convolution(n, 2, width(config, level - 1), width(config, level));
  }

  /** The decoding of one picture. */
  static Arithmetic stageA(StageAConfig config, int pixels) {
    int levels = config.levels();
    double n = Math.pow(pixels / 4.0, 2);
    Arithmetic sum = linear(n, config.latentChannels(), config.width());
    for (int level = levels - 1; level >= 0; level--) {
      double width = config.width(level);
      int blocks = level == levels - 1 ? config.bottleneckBlocks() : 1;
      sum = sum.plus(residual(n, width, width, 3).times(blocks));
      if (level > 0) {
        sum = sum.plus(convolution(n, 4, width, config.width(level - 1)));
        n *= 4;
      }
    }
    return sum.plus(
        linear(
            n,
            config.width(0),
            (double) config.pictureChannels() * Math.pow(config.patchSize(), 2)));
  }
}
