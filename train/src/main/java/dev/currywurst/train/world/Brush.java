package dev.currywurst.train.world;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.RoundRectangle2D;

/**
 * Draws one thing in its own square from -1 to 1, y downwards: filled shapes in the thing's colour
 * and its relatives, with a dark line around them.
 *
 * @param graphics scaled to the thing's square
 * @param main the thing's colour
 * @param line width of outlines
 */
record Brush(Graphics2D graphics, Color main, double line) {
  private static final Color INK = new Color(30, 28, 34);
  static final Color WOOD = new Color(120, 78, 45);
  static final Color LEAF = new Color(70, 140, 60);
  static final Color CREAM = new Color(250, 236, 210);
  static final Color GLASS = new Color(205, 228, 240);
  static final Color IRON = new Color(70, 70, 76);

  Color dark() {
    return mixed(main, INK, 0.35);
  }

  Color light() {
    return mixed(main, Color.WHITE, 0.45);
  }

  static Color mixed(Color a, Color b, double share) {
    return new Color(
        (int) Math.round(a.getRed() + share * (b.getRed() - a.getRed())),
        (int) Math.round(a.getGreen() + share * (b.getGreen() - a.getGreen())),
        (int) Math.round(a.getBlue() + share * (b.getBlue() - a.getBlue())));
  }

  /** A filled shape with an outline. */
  Brush fill(Color color, Shape shape) {
    plain(color, shape);
    return stroke(mixed(color, INK, 0.7), line, shape);
  }

  /** A filled shape in the thing's colour. */
  Brush fill(Shape shape) {
    return fill(main, shape);
  }

  Brush fill(String path) {
    return fill(main, path(path));
  }

  Brush fill(Color color, String path) {
    return fill(color, path(path));
  }

  /** A filled shape without an outline. */
  Brush plain(Color color, Shape shape) {
    graphics.setColor(color);
    graphics.fill(shape);
    return this;
  }

  Brush stroke(Color color, double width, Shape shape) {
    graphics.setColor(color);
    graphics.setStroke(
        new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    graphics.draw(shape);
    return this;
  }

  /** A line with an outline of its own: stems, tails, legs. */
  Brush limb(Color color, double width, String path) {
    Path2D shape = path(path);
    stroke(mixed(color, INK, 0.7), width + 2 * line, shape);
    return stroke(color, width, shape);
  }

  /** A thin dark line. */
  Brush ink(String path) {
    return stroke(INK, line * 1.2, path(path));
  }

  /** A dark dot, such as an eye. */
  Brush dot(double x, double y, double radius) {
    return plain(INK, circle(x, y, radius));
  }

  static Shape circle(double x, double y, double radius) {
    return oval(x, y, radius, radius);
  }

  static Shape oval(double x, double y, double radiusX, double radiusY) {
    return new Ellipse2D.Double(x - radiusX, y - radiusY, 2 * radiusX, 2 * radiusY);
  }

  static Shape box(double left, double top, double right, double bottom) {
    return box(left, top, right, bottom, 0);
  }

  static Shape box(double left, double top, double right, double bottom, double round) {
    return new RoundRectangle2D.Double(left, top, right - left, bottom - top, round, round);
  }

  /** A shape in the words of SVG: M, L, Q, C and Z with absolute coordinates, spaces between. */
  static Path2D path(String svg) {
    Path2D path = new Path2D.Double();
    String[] words = svg.strip().split(" +", -1);
    int i = 0;
    while (i < words.length) {
      String command = words[i++];
      double[] at = new double[pairs(command) * 2];
      for (int k = 0; k < at.length; k++) {
        at[k] = Double.parseDouble(words[i++]);
      }
      switch (command) {
        case "M" -> path.moveTo(at[0], at[1]);
        case "L" -> path.lineTo(at[0], at[1]);
        case "Q" -> path.quadTo(at[0], at[1], at[2], at[3]);
        case "C" -> path.curveTo(at[0], at[1], at[2], at[3], at[4], at[5]);
        default -> path.closePath();
      }
    }
    return path;
  }

  private static int pairs(String command) {
    return switch (command) {
      case "M", "L" -> 1;
      case "Q" -> 2;
      case "C" -> 3;
      case "Z" -> 0;
      default -> throw new IllegalArgumentException("no path command: " + command);
    };
  }

  /** A regular shape with {@code points} outer and as many inner corners, the first one on top. */
  static Path2D star(int points, double outer, double inner) {
    Path2D path = new Path2D.Double();
    for (int k = 0; k < 2 * points; k++) {
      double angle = Math.PI * k / points;
      double radius = k % 2 == 0 ? outer : inner;
      double x = radius * Math.sin(angle);
      double y = -radius * Math.cos(angle);
      if (k == 0) {
        path.moveTo(x, y);
      } else {
        path.lineTo(x, y);
      }
    }
    path.closePath();
    return path;
  }
}
