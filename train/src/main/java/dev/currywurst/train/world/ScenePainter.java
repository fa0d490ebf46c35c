package dev.currywurst.train.world;

import dev.currywurst.train.world.Scene.Group;
import dev.currywurst.train.world.Scene.Layout;
import dev.currywurst.train.world.Scene.Size;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Paints a scene in the unit square, y downwards: each scene in ever new ways. */
final class ScenePainter {
  /** Where the ground begins, and where things stand on it. */
  private static final double HORIZON = 0.66;

  private static final double STANDING = 0.88;

  private ScenePainter() {}

  /**
   * Where a thing is drawn.
   *
   * @param x of its middle
   * @param y of its middle
   * @param radius half the side of its square
   */
  private record Place(double x, double y, double radius) {}

  static void paint(Scene scene, Graphics2D graphics, SplittableRandom random) {
    graphics.setColor(scene.setting().sky());
    graphics.fill(new Rectangle2D.Double(0, 0, 1, 1));
    scene.setting().ground().ifPresent(color -> ground(graphics, color, random));
    if (scene.setting() == Setting.NIGHT) {
      stars(graphics, random);
    }
    boolean stands = scene.setting().ground().isPresent();
    Group subject = scene.subject();
    if (scene.companion().isPresent()) {
      Group other = scene.companion().get();
      Place[] places = pair(scene.layout(), subject.size(), other.size(), random);
      // What is above may hang in the air; the other stands where there is ground.
      draw(other, standing(places[1], stands && scene.layout() != Layout.UNDER), graphics, random);
      draw(
          subject, standing(places[0], stands && scene.layout() != Layout.ABOVE), graphics, random);
    } else if (scene.layout() == Layout.SEVERAL) {
      several(subject.count(), stands).forEach(place -> draw(subject, place, graphics, random));
    } else {
      boolean low = stands && scene.layout() != Layout.TOP;
      draw(subject, standing(alone(scene.layout(), subject.size()), low), graphics, random);
    }
  }

  private static void ground(Graphics2D graphics, Color color, SplittableRandom random) {
    graphics.setColor(color);
    double top = HORIZON + 0.03 * (random.nextDouble() - 0.5);
    graphics.fill(new Rectangle2D.Double(0, top, 1, 1 - top));
  }

  private static void stars(Graphics2D graphics, SplittableRandom random) {
    graphics.setColor(new Color(250, 245, 205));
    for (int k = 0; k < 9; k++) {
      graphics.fill(Brush.circle(random.nextDouble(), random.nextDouble(), 0.012));
    }
  }

  private static Place standing(Place place, boolean stands) {
    return stands ? new Place(place.x(), STANDING - place.radius(), place.radius()) : place;
  }

  private static double radius(Size size) {
    return switch (size) {
      case SMALL -> 0.2;
      case USUAL -> 0.31;
      case BIG -> 0.43;
    };
  }

  private static Place alone(Layout layout, Size size) {
    double radius = radius(size);
    double near = Math.max(radius + 0.03, 0.25);
    return switch (layout) {
      case LEFT -> new Place(near, 0.5, radius);
      case RIGHT -> new Place(1 - near, 0.5, radius);
      case TOP -> new Place(0.5, near, radius);
      case BOTTOM -> new Place(0.5, 1 - near, radius);
      default -> new Place(0.5, 0.5, radius);
    };
  }

  private static List<Place> several(int count, boolean stands) {
    List<Place> places = new ArrayList<>();
    double radius = count == 2 ? 0.21 : stands && count > 2 ? 0.13 : 0.17;
    boolean row = count < 4 || stands;
    for (int k = 0; k < count; k++) {
      double x = row ? (k + 0.5) / count : 0.27 + 0.46 * (k % 2);
      double y = row ? 0.5 : k < 2 ? 0.27 : 0.73;
      places.add(standing(new Place(x, y, Math.min(radius, row ? 0.46 / count : 0.2)), stands));
    }
    return places;
  }

  private static Place[] pair(Layout layout, Size first, Size second, SplittableRandom random) {
    double a = 0.75 * Math.min(radius(first), 0.34);
    double b = 0.75 * Math.min(radius(second), 0.34);
    boolean swapped =
        layout == Layout.RIGHT_OF
            || layout == Layout.UNDER
            || (layout == Layout.BESIDE && random.nextBoolean());
    double one = swapped ? 0.74 : 0.26;
    boolean upright = layout == Layout.ABOVE || layout == Layout.UNDER;
    return new Place[] {
      upright ? new Place(0.5, one, a) : new Place(one, 0.52, a),
      upright ? new Place(0.5, 1 - one, b) : new Place(1 - one, 0.52, b)
    };
  }

  private static void draw(Group group, Place place, Graphics2D graphics, SplittableRandom random) {
    Graphics2D own = (Graphics2D) graphics.create();
    double radius = place.radius() * (0.92 + 0.14 * random.nextDouble());
    own.translate(
        place.x() + 0.04 * (random.nextDouble() - 0.5),
        place.y() + 0.04 * (random.nextDouble() - 0.5));
    own.rotate(0.16 * (random.nextDouble() - 0.5));
    own.scale(radius * (random.nextBoolean() ? 1 : -1), radius);
    // Lines of the same width, whatever the size.
    group.thing().draw(new Brush(own, group.tint().shade(random), 0.011 / radius));
    own.dispose();
  }
}
