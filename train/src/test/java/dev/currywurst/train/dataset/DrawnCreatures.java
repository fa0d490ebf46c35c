package dev.currywurst.train.dataset;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Draws creatures for tests: butterflies that differ in nothing but colours and patterns, and many
 * other creatures. The same seed draws the same.
 */
final class DrawnCreatures {
  static final int PATTERNS = 5;
  private static final int SIDE = 96;

  private final Random random;

  DrawnCreatures(long seed) {
    this.random = new Random(seed);
  }

  /** The outlines of a creature, filled one after the other, and its lines. */
  record Body(List<Shape> parts, List<Shape> lines) {}

  private double between(double from, double to) {
    return from + random.nextDouble() * (to - from);
  }

  private static Shape ellipse(double x, double y, double width, double height, double degrees) {
    return AffineTransform.getRotateInstance(Math.toRadians(degrees), x, y)
        .createTransformedShape(new Ellipse2D.Double(x - width / 2, y - height / 2, width, height));
  }

  /** Wings, a body and feelers, of a shape of its own. */
  Body butterfly() {
    List<Shape> parts = new ArrayList<>();
    double spread = between(15, 24);
    double upper = between(22, 38);
    double lower = between(14, 28);
    double tilt = between(15, 65);
    double slim = between(0.4, 0.9);
    double drop = between(8, 18);
    for (int side = -1; side <= 1; side += 2) {
      double x = 48 + side * spread;
      parts.add(ellipse(x, 38, upper, upper * slim, side * -tilt));
      parts.add(
          ellipse(x * 0.8 + 48 * 0.2, 42 + drop, lower, lower * between(0.5, 0.55), side * tilt));
    }
    parts.add(ellipse(48, 50, between(5, 10), between(28, 44), 0));
    double reach = between(5, 16);
    return new Body(
        parts,
        List.of(
            new Line2D.Double(48, 34, 48 - reach, between(8, 20)),
            new Line2D.Double(48, 34, 48 + reach, between(8, 20))));
  }

  /** Something on legs, or with fins, horns, ears or spikes. */
  Body creature() {
    List<Shape> parts = new ArrayList<>();
    List<Shape> lines = new ArrayList<>();
    double width = between(24, 56);
    double height = between(18, 50);
    double x = between(40, 56);
    double y = between(44, 54);
    parts.add(ellipse(x, y, width, height, between(-40, 40)));
    double head = between(12, 30);
    double headX = x + between(-0.5, 0.5) * width;
    double headY = y - between(0.3, 0.6) * height;
    parts.add(ellipse(headX, headY, head, head * between(0.7, 1.2), 0));
    int legs = random.nextInt(6);
    for (int i = 0; i < legs; i++) {
      double legX = x + (i - (legs - 1) / 2.0) * width / Math.max(legs, 1) * 0.8;
      parts.add(new Rectangle2D.Double(legX, y, between(3, 8), height / 2 + between(4, 16)));
    }
    int spikes = random.nextInt(4);
    for (int i = 0; i < spikes; i++) {
      Path2D spike = new Path2D.Double();
      double angle = between(0, 2 * Math.PI);
      double turn = between(0.2, 0.6);
      spike.moveTo(x + width / 3 * Math.cos(angle), y + height / 3 * Math.sin(angle));
      spike.lineTo(x + width / 3 * Math.cos(angle + turn), y + height / 3 * Math.sin(angle + turn));
      spike.lineTo(
          x + width * between(0.6, 0.9) * Math.cos(angle + turn / 2),
          y + width * between(0.6, 0.9) * Math.sin(angle + turn / 2));
      spike.closePath();
      parts.add(spike);
    }
    if (random.nextBoolean()) {
      lines.add(
          new Line2D.Double(
              x - width / 2, y, x - width / 2 - between(5, 20), y - between(-20, 20)));
    }
    return new Body(parts, lines);
  }

  /** A ball with a pattern: silhouettes of these tell nothing. */
  Body ball() {
    return new Body(List.of(ellipse(48, 48, 64, 64, 0)), List.of());
  }

  /** Paints a body in colours and patterns of chance, cut out or on an opaque ground. */
  BufferedImage paint(Body body, boolean cutOut) {
    return paint(body, cutOut, random.nextInt(PATTERNS));
  }

  /** Paints a body with one of the patterns. */
  BufferedImage paint(Body body, boolean cutOut, int pattern) {
    BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    if (!cutOut) {
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, SIDE, SIDE);
    }
    graphics.setStroke(new BasicStroke(2));
    for (Shape line : body.lines()) {
      graphics.setColor(Color.BLACK);
      graphics.draw(line);
    }
    Color second = colour();
    Color third = colour();
    Color first = colour();
    for (Shape part : body.parts()) {
      graphics.setColor(first);
      graphics.fill(part);
      graphics.setClip(part);
      graphics.setColor(second);
      pattern(part, pattern).forEach(graphics::fill);
      graphics.setColor(third);
      Rectangle2D box = part.getBounds2D();
      graphics.fill(ellipse(box.getCenterX(), box.getCenterY(), 6, 6, 0));
      graphics.setClip(null);
      graphics.setColor(Color.BLACK);
      graphics.draw(part);
    }
    graphics.dispose();
    return picture;
  }

  private Color colour() {
    return Color.getHSBColor(random.nextFloat(), (float) between(0.2, 1), (float) between(0.3, 1));
  }

  private List<Shape> pattern(Shape part, int pattern) {
    Rectangle2D box = part.getBounds2D();
    List<Shape> shapes = new ArrayList<>();
    double step = between(4, 9);
    switch (pattern) {
      case 0 -> {
        for (double x = box.getMinX(); x < box.getMaxX(); x += 2 * step) {
          shapes.add(new Rectangle2D.Double(x, box.getMinY(), step, box.getHeight()));
        }
      }
      case 1 -> {
        for (int i = 0; i < 8; i++) {
          shapes.add(
              ellipse(
                  between(box.getMinX(), box.getMaxX()),
                  between(box.getMinY(), box.getMaxY()),
                  step,
                  step,
                  0));
        }
      }
      case 2 -> {
        Area rim = new Area(part);
        rim.subtract(
            new Area(
                ellipse(
                    box.getCenterX(),
                    box.getCenterY(),
                    box.getWidth() * 0.6,
                    box.getHeight() * 0.6,
                    0)));
        shapes.add(rim);
      }
      case 3 ->
          shapes.add(
              new Rectangle2D.Double(
                  box.getMinX(), box.getCenterY(), box.getWidth(), box.getHeight()));
      default -> {
        // Of one colour.
      }
    }
    return shapes;
  }
}
