package dev.currywurst.train.world;

import static dev.currywurst.train.world.Brush.CREAM;
import static dev.currywurst.train.world.Brush.LEAF;
import static dev.currywurst.train.world.Brush.WOOD;
import static dev.currywurst.train.world.Brush.box;
import static dev.currywurst.train.world.Brush.circle;
import static dev.currywurst.train.world.Brush.oval;

import java.awt.Color;

/** Things to eat. */
final class Food {
  private Food() {}

  static void apple(Brush b) {
    b.fill(
            "M 0 -0.5 C 0.3 -0.8 0.95 -0.7 0.9 0 C 0.85 0.6 0.4 1 0 0.85 C -0.4 1 -0.85 0.6 -0.9 0 C -0.95 -0.7 -0.3 -0.8 0 -0.5 Z")
        .plain(b.light(), oval(-0.45, -0.2, 0.13, 0.22))
        .limb(WOOD, 0.07, "M 0 -0.5 Q 0.02 -0.75 0.15 -0.95")
        .fill(LEAF, "M 0.1 -0.7 Q 0.35 -1.05 0.65 -0.85 Q 0.4 -0.6 0.1 -0.7 Z");
  }

  static void pear(Brush b) {
    b.fill(
            "M 0 -0.75 C 0.35 -0.75 0.3 -0.3 0.5 -0.05 C 0.95 0.5 0.6 1 0 1 C -0.6 1 -0.95 0.5 -0.5 -0.05 C -0.3 -0.3 -0.35 -0.75 0 -0.75 Z")
        .plain(b.light(), oval(-0.35, 0.35, 0.12, 0.2))
        .limb(WOOD, 0.07, "M 0 -0.75 Q 0 -0.9 0.1 -1");
  }

  static void banana(Brush b) {
    b.fill("M -0.95 -0.6 C -0.85 0.5 0.35 1.05 1 0.25 L 0.85 0.05 C 0.4 0.4 -0.4 0.2 -0.7 -0.7 Z")
        .ink("M -0.75 -0.3 C -0.45 0.45 0.3 0.65 0.8 0.3");
  }

  static void cherry(Brush b) {
    b.limb(LEAF, 0.06, "M -0.45 0.35 Q -0.3 -0.5 0.2 -0.9")
        .limb(LEAF, 0.06, "M 0.5 0.45 Q 0.5 -0.4 0.2 -0.9")
        .fill(circle(-0.48, 0.5, 0.45))
        .fill(circle(0.5, 0.55, 0.45))
        .plain(b.light(), circle(-0.62, 0.35, 0.11))
        .plain(b.light(), circle(0.36, 0.4, 0.11));
  }

  static void strawberry(Brush b) {
    b.fill(
        "M 0 1 C -0.5 0.75 -0.95 0.1 -0.75 -0.35 C -0.5 -0.7 0.5 -0.7 0.75 -0.35 C 0.95 0.1 0.5 0.75 0 1 Z");
    for (double[] seed :
        new double[][] {
          {-0.4, -0.1}, {0, -0.15}, {0.4, -0.1}, {-0.2, 0.25}, {0.2, 0.25}, {0, 0.6}
        }) {
      b.plain(b.light(), oval(seed[0], seed[1], 0.06, 0.09));
    }
    b.fill(
        LEAF,
        "M -0.7 -0.45 L -0.3 -0.75 L -0.2 -1 L 0.05 -0.75 L 0.3 -1 L 0.4 -0.7 L 0.7 -0.45 L 0 -0.3 Z");
  }

  static void mushroom(Brush b) {
    b.fill(CREAM, "M -0.25 0 L -0.35 0.9 Q 0 1.05 0.35 0.9 L 0.25 0 Z")
        .fill("M -1 0.1 C -1 -1.15 1 -1.15 1 0.1 Q 0 0.3 -1 0.1 Z")
        .plain(b.light(), circle(-0.4, -0.3, 0.17))
        .plain(b.light(), circle(0.2, -0.5, 0.14))
        .plain(b.light(), circle(0.55, -0.15, 0.13));
  }

  static void cake(Brush b) {
    b.fill(box(-0.9, 0.1, 0.9, 0.9, 0.1))
        .fill(
            b.light(),
            "M -0.9 0.1 L 0.9 0.1 L 0.9 0.3 Q 0.7 0.5 0.5 0.3 Q 0.25 0.55 0 0.3 Q -0.25 0.55 -0.5 0.3 Q -0.7 0.5 -0.9 0.3 Z")
        .fill(box(-0.55, -0.4, 0.55, 0.1, 0.1))
        .fill(CREAM, box(-0.06, -0.8, 0.06, -0.4))
        .plain(new Color(250, 170, 40), oval(0, -0.88, 0.08, 0.13));
  }

  static void iceCream(Brush b) {
    b.fill(new Color(215, 165, 100), "M -0.42 0 L 0 1 L 0.42 0 Z")
        .ink("M -0.2 0.1 L 0.1 0.7")
        .ink("M 0.2 0.1 L -0.1 0.7")
        .fill(circle(-0.27, -0.2, 0.36))
        .fill(circle(0.27, -0.2, 0.36))
        .fill(circle(0, -0.6, 0.38));
  }
}
