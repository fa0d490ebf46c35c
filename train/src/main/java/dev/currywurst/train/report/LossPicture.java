package dev.currywurst.train.report;

import dev.currywurst.image.Image;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.List;

/** The loss as a picture, for readmes and messages. */
public final class LossPicture {
  private static final int WIDTH = 1200;
  private static final int HEIGHT = 600;
  private static final int LEFT = 90;
  private static final int RIGHT = 30;
  private static final int TOP = 50;
  private static final int BOTTOM = 60;
  private static final Color INK = new Color(0x22, 0x20, 0x1d);
  private static final Color RULE = new Color(0xe4, 0xdf, 0xd8);
  private static final Color RAW = new Color(0xe3, 0xb9, 0xa8);
  private static final Color SMOOTH = new Color(0xb3, 0x40, 0x1c);
  private static final Color HELD_OUT = new Color(0x1f, 0x6f, 0x78);

  private LossPicture() {}

  /** Draws the loss of each step, its moving average, and the held-out loss if there is one. */
  public static Image of(History history, long steps) {
    Series heldOut = history.heldOut().getOrDefault("loss", new Series());
    Axis across = Axis.ofSteps(steps);
    Axis up = Axis.of(List.of(history.loss(), history.smoothLoss(), heldOut));
    BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    try {
      g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      g.setColor(Color.WHITE);
      g.fillRect(0, 0, WIDTH, HEIGHT);
      g.setColor(RULE);
      for (double tick : up.ticks()) {
        g.drawLine(LEFT, y(up, tick), WIDTH - RIGHT, y(up, tick));
      }
      draw(g, history.loss(), across, up, RAW, 1);
      draw(g, history.smoothLoss(), across, up, SMOOTH, 3);
      g.setColor(HELD_OUT);
      for (Series.Point point : heldOut.points()) {
        g.fillOval(x(across, (double) point.step()) - 5, y(up, point.value()) - 5, 10, 10);
      }
      label(g, across, up, !heldOut.isEmpty());
    } finally {
      g.dispose();
    }
    return Image.of(picture);
  }

  private static void draw(
      Graphics2D g, Series series, Axis across, Axis up, Color colour, float width) {
    Path2D line = new Path2D.Double();
    for (Series.Point point : series.points()) {
      if (line.getCurrentPoint() == null) {
        line.moveTo(x(across, (double) point.step()), y(up, point.value()));
      }
      line.lineTo(x(across, (double) point.step()), y(up, point.value()));
    }
    g.setColor(colour);
    g.setStroke(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    g.draw(line);
  }

  /** A machine without any font, as servers may be, still gets its curves. */
  private static void label(Graphics2D g, Axis across, Axis up, boolean heldOut) {
    try {
      g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 18));
      g.setColor(INK);
      for (double tick : up.ticks()) {
        String text = Axis.label(tick);
        int width = g.getFontMetrics().stringWidth(text);
        g.drawString(text, LEFT - 10 - width, y(up, tick) + 6);
      }
      for (double tick : across.ticks()) {
        String text = Axis.label(tick);
        int width = g.getFontMetrics().stringWidth(text);
        g.drawString(text, x(across, tick) - width / 2, HEIGHT - BOTTOM + 26);
      }
      int x = LEFT;
      x = legend(g, RAW, "loss of each step", x);
      x = legend(g, SMOOTH, "smoothed", x);
      if (heldOut) {
        legend(g, HELD_OUT, "held out", x);
      }
    } catch (InternalError | LinkageError e) {
      // No fonts: no labels.
    }
  }

  private static int legend(Graphics2D g, Color colour, String text, int x) {
    g.setColor(colour);
    g.fillRect(x, 22, 24, 6);
    g.setColor(INK);
    g.drawString(text, x + 32, 31);
    return x + 32 + g.getFontMetrics().stringWidth(text) + 30;
  }

  private static int x(Axis across, double step) {
    return (int) Math.round(LEFT + across.at(step) * (WIDTH - LEFT - RIGHT));
  }

  private static int y(Axis up, double value) {
    return (int) Math.round(TOP + (1 - up.at(value)) * (HEIGHT - TOP - BOTTOM));
  }
}
