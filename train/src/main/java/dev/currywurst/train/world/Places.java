package dev.currywurst.train.world;

import static dev.currywurst.train.world.Brush.GLASS;
import static dev.currywurst.train.world.Brush.IRON;
import static dev.currywurst.train.world.Brush.LEAF;
import static dev.currywurst.train.world.Brush.WOOD;
import static dev.currywurst.train.world.Brush.box;
import static dev.currywurst.train.world.Brush.circle;

import java.awt.Color;

/** Things that stay where they are: buildings and plants. */
final class Places {
  private Places() {}

  static void house(Brush b) {
    b.fill(box(-0.75, -0.15, 0.75, 1))
        .fill(b.dark(), "M -1 -0.15 L 0 -1 L 1 -0.15 Z")
        .fill(WOOD, box(-0.18, 0.4, 0.2, 1))
        .fill(GLASS, box(-0.6, 0.1, -0.28, 0.42))
        .fill(GLASS, box(0.32, 0.1, 0.62, 0.42));
  }

  static void castle(Brush b) {
    b.fill(box(-0.6, -0.1, 0.6, 1))
        .fill(
            "M -1 1 L -1 -0.6 L -0.85 -0.6 L -0.85 -0.45 L -0.7 -0.45 L -0.7 -0.6 L -0.5 -0.6 L -0.5 1 Z")
        .fill("M 1 1 L 1 -0.6 L 0.85 -0.6 L 0.85 -0.45 L 0.7 -0.45 L 0.7 -0.6 L 0.5 -0.6 L 0.5 1 Z")
        .fill(b.dark(), "M -0.35 -0.1 L -0.35 -0.4 L 0.35 -0.4 L 0.35 -0.1 Z")
        .fill(IRON, "M -0.2 1 L -0.2 0.5 Q 0 0.2 0.2 0.5 L 0.2 1 Z")
        .ink("M 0 -0.4 L 0 -1")
        .fill(b.light(), "M 0 -1 L 0.35 -0.87 L 0 -0.74 Z");
  }

  static void tent(Brush b) {
    b.fill("M 0 -0.8 L 1 0.8 L -1 0.8 Z")
        .fill(IRON, "M 0 -0.2 L 0.35 0.8 L -0.35 0.8 Z")
        .ink("M -0.08 -0.95 L 0 -0.8 L 0.08 -0.95");
  }

  static void tree(Brush b) {
    b.fill(WOOD, "M -0.15 0.2 L -0.22 1 L 0.22 1 L 0.15 0.2 Z")
        .fill(circle(-0.42, 0.05, 0.42))
        .fill(circle(0.42, 0.05, 0.42))
        .fill(circle(0, -0.45, 0.52))
        .plain(b.main(), circle(0, -0.02, 0.4))
        .plain(b.light(), circle(-0.2, -0.6, 0.11))
        .plain(b.light(), circle(0.45, 0, 0.09));
  }

  static void flower(Brush b) {
    b.limb(LEAF, 0.1, "M 0 -0.2 Q 0.08 0.4 0 1")
        .fill(LEAF, "M 0.04 0.6 Q 0.3 0.25 0.6 0.4 Q 0.4 0.7 0.04 0.6 Z");
    for (int k = 0; k < 6; k++) {
      double angle = Math.PI * k / 3;
      b.fill(circle(0.36 * Math.sin(angle), -0.4 - 0.36 * Math.cos(angle), 0.25));
    }
    b.fill(new Color(250, 215, 90), circle(0, -0.4, 0.2));
  }

  static void cactus(Brush b) {
    b.limb(b.main(), 0.24, "M -0.3 0.15 Q -0.7 0.2 -0.68 -0.3")
        .limb(b.main(), 0.24, "M 0.3 0 Q 0.7 0.05 0.68 -0.45")
        .fill(box(-0.3, -1, 0.3, 0.6, 0.6))
        .ink("M -0.1 -0.75 L -0.1 0.4")
        .ink("M 0.1 -0.75 L 0.1 0.4")
        .fill(new Color(190, 105, 65), "M -0.5 0.5 L 0.5 0.5 L 0.38 1 L -0.38 1 Z");
  }

  static void leaf(Brush b) {
    b.fill("M -0.7 0.7 C -1 -0.4 0 -1 0.95 -0.9 C 0.95 0.1 0.4 0.95 -0.7 0.7 Z")
        .ink("M -1 1 Q -0.2 0.2 0.6 -0.55")
        .ink("M -0.3 0.3 L -0.35 -0.25")
        .ink("M -0.3 0.3 L 0.25 0.3")
        .ink("M 0.1 -0.05 L 0.05 -0.5")
        .ink("M 0.1 -0.05 L 0.55 -0.05");
  }
}
