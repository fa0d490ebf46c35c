package dev.currywurst.train.world;

import static dev.currywurst.train.world.Brush.CREAM;
import static dev.currywurst.train.world.Brush.circle;
import static dev.currywurst.train.world.Brush.oval;

import java.awt.Color;

/** Animals. */
final class Animals {
  private static final Color BEAK = new Color(245, 165, 45);
  private static final Color ROSE = new Color(240, 150, 165);

  private Animals() {}

  static void cat(Brush b) {
    b.limb(b.main(), 0.15, "M 0.45 0.8 Q 1 0.75 0.85 0.1")
        .fill(oval(0, 0.55, 0.55, 0.45))
        .fill("M -0.55 -0.3 L -0.6 -1 L -0.1 -0.65 Z")
        .fill("M 0.55 -0.3 L 0.6 -1 L 0.1 -0.65 Z")
        .fill(oval(0, -0.25, 0.6, 0.5))
        .dot(-0.22, -0.3, 0.09)
        .dot(0.22, -0.3, 0.09)
        .plain(ROSE, Brush.path("M -0.08 -0.12 L 0.08 -0.12 L 0 -0.02 Z"))
        .ink("M -0.85 -0.15 L -0.4 -0.1")
        .ink("M 0.85 -0.15 L 0.4 -0.1");
  }

  static void rabbit(Brush b) {
    b.fill(oval(-0.25, -0.68, 0.15, 0.38))
        .fill(oval(0.25, -0.68, 0.15, 0.38))
        .plain(ROSE, oval(-0.25, -0.65, 0.06, 0.22))
        .plain(ROSE, oval(0.25, -0.65, 0.06, 0.22))
        .fill(oval(0, 0.62, 0.5, 0.4))
        .fill(circle(0, -0.02, 0.44))
        .plain(b.light(), oval(0, 0.68, 0.25, 0.22))
        .dot(-0.17, -0.08, 0.08)
        .dot(0.17, -0.08, 0.08)
        .plain(ROSE, circle(0, 0.08, 0.07));
  }

  static void bear(Brush b) {
    b.fill(circle(-0.5, -0.72, 0.25))
        .fill(circle(0.5, -0.72, 0.25))
        .fill(oval(0, 0.55, 0.62, 0.47))
        .fill(circle(0, -0.3, 0.62))
        .fill(b.light(), oval(0, -0.1, 0.27, 0.2))
        .plain(b.light(), oval(0, 0.6, 0.33, 0.28))
        .dot(-0.25, -0.4, 0.08)
        .dot(0.25, -0.4, 0.08)
        .dot(0, -0.17, 0.09);
  }

  static void fish(Brush b) {
    b.fill(b.dark(), "M 0.45 0 L 1 -0.5 L 0.85 0 L 1 0.5 Z")
        .fill(b.dark(), "M -0.25 -0.4 Q 0.1 -0.85 0.35 -0.35 Z")
        .fill(oval(-0.2, 0, 0.8, 0.5))
        .fill(b.light(), "M 0 0.05 Q 0.3 0.05 0.25 0.35 Q 0 0.3 0 0.05 Z")
        .plain(Color.WHITE, circle(-0.6, -0.1, 0.14))
        .dot(-0.62, -0.1, 0.08)
        .ink("M -0.3 -0.4 Q -0.15 0 -0.3 0.4");
  }

  static void bird(Brush b) {
    b.limb(BEAK, 0.05, "M -0.05 0.6 L -0.1 1")
        .limb(BEAK, 0.05, "M 0.2 0.6 L 0.2 1")
        .fill(BEAK, "M -0.75 -0.45 L -1.05 -0.3 L -0.72 -0.2 Z")
        .fill("M 0.4 0.1 L 1.05 -0.15 L 0.95 0.25 L 0.5 0.5 Z")
        .fill(
            "M -0.8 -0.4 C -0.75 -0.95 -0.1 -0.85 -0.1 -0.35 C 0.4 -0.3 0.75 0.1 0.6 0.45 C 0.3 0.85 -0.5 0.8 -0.65 0.2 Z")
        .fill(b.dark(), "M -0.25 0.05 Q 0.3 -0.2 0.6 0.25 Q 0.2 0.5 -0.1 0.4 Z")
        .dot(-0.5, -0.45, 0.08);
  }

  static void owl(Brush b) {
    b.fill(
            "M -0.6 -0.55 L -0.55 -1 L -0.2 -0.8 L 0.2 -0.8 L 0.55 -1 L 0.6 -0.55 C 0.85 0.2 0.6 0.95 0 0.95 C -0.6 0.95 -0.85 0.2 -0.6 -0.55 Z")
        .plain(b.light(), oval(0, 0.45, 0.36, 0.4))
        .fill(Color.WHITE, circle(-0.27, -0.4, 0.25))
        .fill(Color.WHITE, circle(0.27, -0.4, 0.25))
        .dot(-0.25, -0.4, 0.12)
        .dot(0.25, -0.4, 0.12)
        .fill(BEAK, "M -0.1 -0.2 L 0.1 -0.2 L 0 0.03 Z");
  }

  static void snail(Brush b) {
    b.fill(
            CREAM,
            "M -1 0.85 Q -0.95 0.6 -0.75 0.3 Q -0.75 -0.2 -0.5 0.05 L -0.3 0.55 L 0.95 0.75 Q 1 0.9 0.8 0.9 L -0.9 0.95 Z")
        .ink("M -0.72 0 L -0.85 -0.4")
        .ink("M -0.6 -0.05 L -0.5 -0.4")
        .fill(circle(0.25, 0.1, 0.62))
        .stroke(
            b.dark(),
            0.1,
            Brush.path(
                "M 0.3 0.15 C 0.1 0.2 0.1 -0.15 0.35 -0.1 C 0.65 0 0.55 0.45 0.2 0.42 C -0.25 0.35 -0.15 -0.4 0.35 -0.35"));
  }

  static void butterfly(Brush b) {
    b.fill("M 0 -0.1 C -0.3 -1 -1.1 -0.9 -0.95 -0.4 C -0.9 0 -0.4 0.1 0 0.05 Z")
        .fill("M 0 -0.1 C 0.3 -1 1.1 -0.9 0.95 -0.4 C 0.9 0 0.4 0.1 0 0.05 Z")
        .fill("M 0 0.05 C -0.5 0 -0.9 0.3 -0.7 0.65 C -0.5 0.95 -0.1 0.7 0 0.3 Z")
        .fill("M 0 0.05 C 0.5 0 0.9 0.3 0.7 0.65 C 0.5 0.95 0.1 0.7 0 0.3 Z")
        .plain(b.light(), circle(-0.6, -0.4, 0.15))
        .plain(b.light(), circle(0.6, -0.4, 0.15))
        .plain(b.light(), circle(-0.45, 0.45, 0.1))
        .plain(b.light(), circle(0.45, 0.45, 0.1))
        .limb(Brush.IRON, 0.1, "M 0 -0.35 L 0 0.55")
        .ink("M 0 -0.4 Q -0.1 -0.7 -0.25 -0.75")
        .ink("M 0 -0.4 Q 0.1 -0.7 0.25 -0.75");
  }

  static void turtle(Brush b) {
    b.fill(b.light(), oval(0.85, 0.15, 0.22, 0.2))
        .fill(b.light(), oval(-0.5, 0.6, 0.18, 0.22))
        .fill(b.light(), oval(0.45, 0.6, 0.18, 0.22))
        .fill(b.light(), "M -0.8 0.35 L -1.05 0.55 L -0.75 0.55 Z")
        .fill("M -0.85 0.5 C -0.85 -0.75 0.75 -0.75 0.75 0.5 Z")
        .stroke(
            b.dark(), 0.07, Brush.path("M -0.3 0.45 L -0.35 0 L -0.05 -0.35 L 0.25 0 L 0.2 0.45"))
        .dot(0.92, 0.1, 0.06);
  }

  static void elephant(Brush b) {
    b.fill(
            "M -0.85 0.95 L -0.85 0 C -0.8 -0.5 0.1 -0.6 0.3 -0.4 L 0.4 0.95 L 0.1 0.95 L 0.05 0.5 L -0.45 0.5 L -0.5 0.95 Z")
        .limb(b.main(), 0.2, "M 0.75 -0.3 C 0.95 0.1 0.8 0.4 0.9 0.75")
        .fill(circle(0.5, -0.4, 0.42))
        .fill(b.dark(), oval(0.22, -0.35, 0.25, 0.36))
        .dot(0.62, -0.45, 0.07)
        .ink("M -0.85 0 Q -1 0.1 -0.98 0.35");
  }

  static void snake(Brush b) {
    b.limb(
            b.main(),
            0.24,
            "M -0.9 0.8 C 0.2 0.95 0.9 0.8 0.75 0.45 C 0.55 0.05 -0.7 0.35 -0.7 -0.1 C -0.7 -0.5 0.2 -0.35 0.4 -0.55")
        .fill(oval(0.55, -0.65, 0.3, 0.22))
        .stroke(new Color(220, 50, 60), 0.05, Brush.path("M 0.85 -0.62 L 1.05 -0.55"))
        .dot(0.6, -0.72, 0.06);
  }
}
