package dev.currywurst.train.world;

import static dev.currywurst.train.world.Brush.CREAM;
import static dev.currywurst.train.world.Brush.GLASS;
import static dev.currywurst.train.world.Brush.IRON;
import static dev.currywurst.train.world.Brush.WOOD;
import static dev.currywurst.train.world.Brush.box;
import static dev.currywurst.train.world.Brush.circle;
import static dev.currywurst.train.world.Brush.oval;

import java.awt.Color;

/** Things that carry people. */
final class Vehicles {
  private static final Color FLAME = new Color(250, 160, 40);

  private Vehicles() {}

  static void car(Brush b) {
    b.fill(
            "M -1 0.5 L -1 0.1 Q -0.95 0 -0.75 -0.02 L -0.5 -0.45 L 0.35 -0.45 L 0.65 -0.02 Q 1 0.02 1 0.2 L 1 0.5 Z")
        .fill(GLASS, "M -0.55 -0.02 L -0.4 -0.32 L -0.08 -0.32 L -0.08 -0.02 Z")
        .fill(GLASS, "M 0.04 -0.02 L 0.04 -0.32 L 0.28 -0.32 L 0.48 -0.02 Z");
    wheel(b, -0.55, 0.5);
    wheel(b, 0.55, 0.5);
  }

  static void bus(Brush b) {
    b.fill(box(-1, -0.6, 1, 0.55, 0.25));
    for (double x : new double[] {-0.85, -0.4, 0.05, 0.5}) {
      b.fill(GLASS, box(x, -0.4, x + 0.33, -0.02, 0.08));
    }
    wheel(b, -0.55, 0.55);
    wheel(b, 0.55, 0.55);
  }

  private static void wheel(Brush b, double x, double y) {
    b.fill(IRON, circle(x, y, 0.24)).plain(CREAM, circle(x, y, 0.1));
  }

  static void boat(Brush b) {
    b.limb(WOOD, 0.07, "M 0 0.4 L 0 -0.95")
        .fill(b.light(), "M 0.08 -0.9 Q 0.75 -0.4 0.8 0.2 L 0.08 0.2 Z")
        .fill(b.light(), "M -0.08 -0.7 L -0.65 0.2 L -0.08 0.2 Z")
        .fill("M -1 0.35 L 1 0.35 Q 0.85 0.9 0.55 0.9 L -0.55 0.9 Q -0.85 0.9 -1 0.35 Z");
  }

  static void rocket(Brush b) {
    b.fill(FLAME, "M -0.2 0.6 L 0 1.05 L 0.2 0.6 Z")
        .fill(b.dark(), "M -0.3 0.15 L -0.7 0.7 L -0.28 0.6 Z")
        .fill(b.dark(), "M 0.3 0.15 L 0.7 0.7 L 0.28 0.6 Z")
        .fill("M 0 -1 C 0.45 -0.6 0.42 0.2 0.28 0.65 L -0.28 0.65 C -0.42 0.2 -0.45 -0.6 0 -1 Z")
        .fill(GLASS, circle(0, -0.25, 0.17));
  }

  static void train(Brush b) {
    b.fill(box(-0.95, -0.75, -0.25, 0.55, 0.08))
        .fill(GLASS, box(-0.8, -0.55, -0.42, -0.1))
        .fill("M -0.25 -0.1 L 0.75 -0.1 Q 0.95 -0.1 0.95 0.15 L 0.95 0.55 L -0.25 0.55 Z")
        .fill(b.dark(), "M 0.45 -0.1 L 0.4 -0.65 L 0.8 -0.65 L 0.75 -0.1 Z");
    wheel(b, -0.6, 0.62);
    wheel(b, 0, 0.62);
    wheel(b, 0.6, 0.62);
  }

  static void airplane(Brush b) {
    b.fill(b.dark(), "M -0.1 -0.1 L -0.45 -0.75 L -0.2 -0.75 L 0.35 -0.1 Z")
        .fill(
            "M -0.95 -0.5 L -0.7 -0.5 L -0.5 -0.15 L 0.6 -0.15 Q 1 -0.05 1 0.1 Q 0.95 0.25 0.6 0.25 L -0.7 0.25 Q -0.85 0.1 -0.95 -0.5 Z")
        .fill(b.dark(), "M 0.1 0.1 L -0.45 0.8 L -0.15 0.8 L 0.5 0.1 Z")
        .fill(GLASS, "M 0.6 -0.12 Q 0.85 -0.08 0.92 0.05 L 0.6 0.05 Z");
  }

  static void balloon(Brush b) {
    b.ink("M 0 0.5 Q 0.15 0.7 0 1.05")
        .fill("M -0.1 0.55 L 0 0.38 L 0.1 0.55 Z")
        .fill(oval(0, -0.3, 0.6, 0.7))
        .plain(b.light(), oval(-0.25, -0.55, 0.1, 0.18));
  }
}
