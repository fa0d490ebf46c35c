package dev.currywurst.bench;

import dev.currywurst.wuerstchen.StageAConfig;
import dev.currywurst.wuerstchen.StageBConfig;
import dev.currywurst.wuerstchen.StageCConfig;
import java.util.List;

/**
 * Floating-point operations of one pass, counted from shapes: two for each multiplication and
 * addition of matrix products and convolutions; everything else is left out.
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

  /** An attention block; {@code textToo} counts keys and values of the text as well. */
  private static Arithmetic attention(double pixels, double width, double text, boolean textToo) {
    double scores = 2 * 2 * pixels * (pixels + TEXT) * width;
    Arithmetic image = linear(pixels, width, width).times(4);
    Arithmetic words = linear(TEXT, text, width).plus(linear(TEXT, width, width).times(2));
    return new Arithmetic(0, scores, 0).plus(image).plus(words.times(textToo ? 1 : 0));
  }

  /** One step under guidance: two rows, or with {@code savings} one until text comes in. */
  static Arithmetic stageC(StageCConfig config, int pixels, boolean savings) {
    double side = Math.floor(pixels * 3 / 128.0);
    double n = side * side;
    double width = config.width();
    Arithmetic residual = residual(n, width, width, 3);
    Arithmetic ends =
        linear(n, config.latentChannels(), width)
            .plus(linear(n, width, 2.0 * config.latentChannels()));
    Arithmetic row =
        residual
            .plus(attention(n, width, width, !savings))
            .times(config.depth())
            .plus(ends)
            .plus(
                linear(TEXT, config.textWidth(), width)
                    .plus(linear(TEXT, width, width))
                    .times(savings ? 0 : 1));
    return row.times(2).plus(residual.times(savings ? -1 : 0));
  }

  /** One step without guidance; with {@code savings} the semantics' mapper is folded. */
  static Arithmetic stageB(StageBConfig config, int pixels, boolean savings) {
    double latent = pixels / 4.0;
    List<StageBConfig.Level> levels = config.levels();
    int finest = levels.get(0).width();
    double patch = (double) config.patchSize() * config.patchSize();
    double n0 = latent * latent / patch;
    Arithmetic sum =
        linear(n0, config.latentChannels() * patch, finest)
            .plus(linear(n0, finest, 2 * config.latentChannels() * patch));
    for (int i = 0; i < levels.size(); i++) {
      StageBConfig.Level level = levels.get(i);
      double n = n0 / Math.pow(4, i);
      double width = level.width();
      double semantic =
          level.seesSemantics() ? savings ? config.semanticChannels() : config.conditionWidth() : 0;
      boolean attends = level.pattern().contains("A");
      Arithmetic block =
          residual(n, width + semantic, width, config.kernel())
              .plus(
                  attends
                      ? attention(n, width, config.conditionWidth(), !savings)
                      : new Arithmetic(0, 0, 0));
      sum = sum.plus(block.times(2.0 * level.repeats()));
      if (i < levels.size() - 1) {
        sum = sum.plus(linear(n, width, 4 * width)); // the first block on the way up sees a skip
      }
      if (i > 0) {
        // Down and up again by 2x2 kernels with stride 2.
        sum = sum.plus(convolution(n, 2, levels.get(i - 1).width(), width).times(2));
      }
      if (level.seesSemantics() && !savings) {
        sum = sum.plus(linear(n, config.semanticChannels(), config.conditionWidth()).times(2));
      }
    }
    return sum;
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
