package dev.currywurst.train.world;

import static dev.currywurst.train.world.Brush.CREAM;
import static dev.currywurst.train.world.Brush.IRON;
import static dev.currywurst.train.world.Brush.WOOD;
import static dev.currywurst.train.world.Brush.box;
import static dev.currywurst.train.world.Brush.circle;
import static dev.currywurst.train.world.Brush.oval;

import java.awt.Color;

/** Things of a household. */
final class Household {
  private Household() {}

  static void cup(Brush b) {
    b.limb(b.main(), 0.14, "M 0.5 -0.2 C 1.05 -0.3 1.05 0.5 0.45 0.4")
        .fill(
            "M -0.7 -0.6 L 0.6 -0.6 L 0.5 0.65 Q 0.45 0.8 0.3 0.8 L -0.4 0.8 Q -0.55 0.8 -0.6 0.65 Z")
        .fill(b.dark(), oval(-0.05, -0.6, 0.65, 0.15));
  }

  static void lamp(Brush b) {
    b.limb(IRON, 0.09, "M 0 0.1 L 0 0.85")
        .fill(IRON, box(-0.4, 0.82, 0.4, 0.98, 0.1))
        .plain(new Color(255, 240, 150), oval(0, 0.12, 0.3, 0.14))
        .fill("M -0.35 -0.85 L 0.35 -0.85 L 0.8 0.1 L -0.8 0.1 Z");
  }

  static void chair(Brush b) {
    b.limb(b.main(), 0.13, "M -0.45 0.25 L -0.5 0.95")
        .limb(b.main(), 0.13, "M 0.5 0.25 L 0.55 0.95")
        .fill(box(-0.6, -1, -0.35, 0.3, 0.1))
        .fill("M -0.6 0.1 L 0.6 0.1 L 0.65 0.35 L -0.6 0.35 Z")
        .fill(b.dark(), box(-0.36, -0.75, 0.5, -0.5, 0.08))
        .fill(b.dark(), box(-0.36, -0.35, 0.5, -0.1, 0.08))
        .fill(box(0.4, -0.95, 0.58, 0.12, 0.1));
  }

  static void key(Brush b) {
    b.limb(b.main(), 0.2, "M -0.2 0 L 0.85 0")
        .limb(b.main(), 0.17, "M 0.8 0 L 0.8 0.35")
        .limb(b.main(), 0.17, "M 0.45 0 L 0.45 0.3")
        .limb(
            b.main(),
            0.24,
            "M -0.9 0 C -0.9 -0.5 -0.15 -0.5 -0.15 0 C -0.15 0.5 -0.9 0.5 -0.9 0 Z");
  }

  static void umbrella(Brush b) {
    b.limb(WOOD, 0.07, "M 0 -0.1 L 0 0.75 Q 0 0.98 -0.2 0.95 Q -0.35 0.9 -0.32 0.72")
        .fill(
            "M -1 0 C -0.9 -1.1 0.9 -1.1 1 0 Q 0.8 -0.15 0.66 0 Q 0.5 -0.15 0.33 0 Q 0.15 -0.15 0 0 Q -0.15 -0.15 -0.33 0 Q -0.5 -0.15 -0.66 0 Q -0.8 -0.15 -1 0 Z")
        .ink("M -0.33 0 Q -0.3 -0.5 0 -0.82")
        .ink("M 0.33 0 Q 0.3 -0.5 0 -0.82");
  }

  static void hat(Brush b) {
    b.fill(oval(0, 0.55, 1, 0.25))
        .fill("M -0.55 0.5 L -0.5 -0.7 Q 0 -0.85 0.5 -0.7 L 0.55 0.5 Q 0 0.7 -0.55 0.5 Z")
        .fill(
            b.light(), "M -0.55 0.5 L -0.53 0.2 Q 0 0.38 0.53 0.2 L 0.55 0.5 Q 0 0.7 -0.55 0.5 Z");
  }

  static void clock(Brush b) {
    b.limb(b.main(), 0.13, "M -0.4 0.7 L -0.6 0.98")
        .limb(b.main(), 0.13, "M 0.4 0.7 L 0.6 0.98")
        .fill(circle(-0.55, -0.72, 0.24))
        .fill(circle(0.55, -0.72, 0.24))
        .fill(circle(0, 0.05, 0.82))
        .fill(CREAM, circle(0, 0.05, 0.5))
        .ink("M 0 0.05 L 0 -0.3")
        .ink("M 0 0.05 L 0.27 0.2");
  }

  static void bell(Brush b) {
    b.fill(b.dark(), circle(0, 0.72, 0.2))
        .limb(b.main(), 0.09, "M -0.1 -0.78 C -0.1 -1 0.1 -1 0.1 -0.78")
        .fill("M 0 -0.8 C 0.7 -0.75 0.4 0.2 0.85 0.6 L -0.85 0.6 C -0.4 0.2 -0.7 -0.75 0 -0.8 Z")
        .ink("M -0.68 0.4 L 0.68 0.4");
  }

  static void book(Brush b) {
    b.fill(b.dark(), "M -0.75 -0.75 L 0.55 -0.9 L 0.8 -0.7 L 0.8 0.75 L -0.5 0.95 L -0.75 0.75 Z")
        .fill(CREAM, "M -0.5 0.8 L 0.78 0.6 L 0.78 0.72 L -0.5 0.92 Z")
        .fill("M -0.75 -0.75 L 0.55 -0.9 L 0.55 0.6 L -0.75 0.78 Z")
        .fill(b.light(), "M -0.45 -0.45 L 0.25 -0.53 L 0.25 -0.2 L -0.45 -0.12 Z");
  }

  static void ball(Brush b) {
    b.fill(circle(0, 0, 0.85))
        .fill(CREAM, "M -0.8 -0.3 Q 0 0.15 0.8 -0.3 L 0.85 0 Q 0 0.5 -0.85 0 Z")
        .plain(b.light(), oval(-0.35, -0.52, 0.15, 0.1));
  }

  static void gift(Brush b) {
    b.fill(box(-0.75, -0.1, 0.75, 0.95))
        .fill(box(-0.88, -0.4, 0.88, -0.05))
        .fill(b.light(), box(-0.14, -0.4, 0.14, 0.95))
        .fill(b.light(), "M 0 -0.4 C -0.7 -0.45 -0.7 -1.1 -0.35 -0.95 C -0.1 -0.85 0 -0.6 0 -0.4 Z")
        .fill(b.light(), "M 0 -0.4 C 0.7 -0.45 0.7 -1.1 0.35 -0.95 C 0.1 -0.85 0 -0.6 0 -0.4 Z");
  }

  static void kite(Brush b) {
    b.ink("M 0.1 0.45 C 0.4 0.7 -0.3 0.75 0.1 1.05")
        .fill("M 0.1 -1 L 0.7 -0.35 L 0.1 0.5 L -0.5 -0.35 Z")
        .fill(b.light(), "M 0.1 -1 L 0.7 -0.35 L 0.1 -0.35 Z")
        .fill(b.light(), "M 0.1 0.5 L -0.5 -0.35 L 0.1 -0.35 Z")
        .fill(b.dark(), "M -0.1 0.68 L 0.15 0.75 L -0.1 0.82 Z");
  }
}
