package dev.currywurst.train.world;

import dev.currywurst.image.Image;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A picture of the world with what can be said of it.
 *
 * @param image the picture, as wide as high
 * @param captions of the same picture in other words
 * @param subject the thing that it is about, in a caption's word
 * @param tint the colour of that thing
 */
public record Drawing(Image image, List<String> captions, String subject, Tint tint) {
  private static final int CAPTIONS = 3;

  /**
   * How far seeds lie from each other. Not by what a SplittableRandom adds at each draw: that would
   * make a seed's numbers those of the seed before without the first, and half of the scenes equal.
   */
  private static final long SEEDS_APART = 0xD1342543DE82EF95L;

  /** What there is to draw. */
  public enum Kind {
    /** Things in combinations for training. */
    WORLD(0),
    /** Things whose combination with a colour is never drawn for training. */
    HELD_BACK(1),
    /** Beings in a style of their own. */
    CREATURES(2);

    /** Part of what a seed means. */
    private final long number;

    Kind(long number) {
      this.number = number;
    }
  }

  /**
   * Draws one picture.
   *
   * @param seed of all of them
   * @param index of this one: picture k is the same however many are drawn
   * @param side in pixels
   */
  public static Drawing of(Kind kind, long seed, int index, int side) {
    SplittableRandom random =
        new SplittableRandom(seed * SEEDS_APART + kind.number * 0x100000000L + index);
    return switch (kind) {
      case CREATURES -> of(Creature.any(random), random, side);
      case WORLD -> of(Scene.forTraining(random), random, side);
      case HELD_BACK -> of(Scene.forTesting(random), random, side);
    };
  }

  static Drawing of(Scene scene, SplittableRandom random, int side) {
    List<String> captions = captions(() -> SceneCaption.of(scene, random));
    Image image = painted(side, graphics -> ScenePainter.paint(scene, graphics, random));
    Scene.Group subject = scene.subject();
    return new Drawing(image, captions, subject.thing().word(), subject.tint());
  }

  private static Drawing of(Creature creature, SplittableRandom random, int side) {
    List<String> captions = captions(() -> creature.caption(random));
    Image image = painted(side, graphics -> creature.paint(graphics, random));
    return new Drawing(image, captions, "creature", creature.tint());
  }

  private static List<String> captions(Supplier<String> caption) {
    return Stream.generate(caption).limit(CAPTIONS).distinct().toList();
  }

  private static Image painted(int side, Consumer<Graphics2D> painter) {
    BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.scale(side, side);
    painter.accept(graphics);
    graphics.dispose();
    return Image.of(picture);
  }
}
