package dev.currywurst.train.world;

import static dev.currywurst.train.world.Brush.box;

import java.awt.geom.Area;

/** Faces and plain shapes. */
final class Shapes {
  private Shapes() {}

  static void smilingFace(Brush b) {
    face(b, "M -0.45 0.2 Q 0 0.75 0.45 0.2");
  }

  static void sadFace(Brush b) {
    face(b, "M -0.4 0.55 Q 0 0.05 0.4 0.55");
  }

  private static void face(Brush b, String mouth) {
    b.fill(Brush.circle(0, 0, 0.9))
        .dot(-0.32, -0.25, 0.13)
        .dot(0.32, -0.25, 0.13)
        .stroke(Brush.IRON, 0.11, Brush.path(mouth));
  }

  static void star(Brush b) {
    b.fill(Brush.star(5, 1, 0.42));
  }

  static void heart(Brush b) {
    b.fill(
        "M 0 0.9 C -1.3 -0.1 -0.8 -1 -0.35 -0.8 C -0.15 -0.75 0 -0.55 0 -0.4 C 0 -0.55 0.15 -0.75 0.35 -0.8 C 0.8 -1 1.3 -0.1 0 0.9 Z");
  }

  static void circle(Brush b) {
    b.fill(Brush.circle(0, 0, 0.85));
  }

  static void square(Brush b) {
    b.fill(box(-0.8, -0.8, 0.8, 0.8));
  }

  static void triangle(Brush b) {
    b.fill("M 0 -0.9 L 0.95 0.75 L -0.95 0.75 Z");
  }

  static void ring(Brush b) {
    Area ring = new Area(Brush.circle(0, 0, 0.9));
    ring.subtract(new Area(Brush.circle(0, 0, 0.45)));
    b.fill(ring);
  }

  static void moon(Brush b) {
    Area moon = new Area(Brush.circle(-0.1, 0, 0.9));
    moon.subtract(new Area(Brush.circle(0.35, -0.2, 0.75)));
    b.fill(moon);
  }
}
