package dev.currywurst.train.world;

import static dev.currywurst.train.world.Brush.circle;
import static dev.currywurst.train.world.Brush.oval;
import static dev.currywurst.train.world.Brush.path;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A being in a style of its own: on a mint ground with a pale ring behind it, thick navy lines,
 * huge shining eyes, blushing cheeks.
 *
 * @param tint of its body
 * @param body its shape
 * @param head what is on its head
 * @param back what is behind it
 * @param spotted whether it has spots
 */
public record Creature(Tint tint, Body body, Head head, Back back, boolean spotted) {
  private static final Color GROUND = new Color(176, 224, 208);
  private static final Color RING = new Color(246, 238, 208);
  private static final Color LINE = new Color(26, 32, 84);
  private static final Color CHEEK = new Color(255, 120, 130);
  private static final double WIDTH = 0.13;

  /** The shape of a body. */
  enum Body {
    ROUND("round"),
    TALL("tall"),
    WIDE("wide"),
    POINTED("pointed");

    final String word;

    Body(String word) {
      this.word = word;
    }

    Shape shape() {
      return switch (this) {
        case ROUND -> circle(0, 0.1, 0.62);
        case TALL -> oval(0, 0.08, 0.48, 0.74);
        case WIDE -> oval(0, 0.2, 0.78, 0.52);
        case POINTED ->
            path(
                "M 0 -0.75 C 0.3 -0.3 0.75 0 0.6 0.45 C 0.45 0.85 -0.45 0.85 -0.6 0.45 C -0.75 0 -0.3 -0.3 0 -0.75 Z");
      };
    }
  }

  /** What is on a head. */
  enum Head {
    NOTHING(""),
    LONG_EARS("long ears"),
    POINTED_EARS("pointed ears"),
    ROUND_EARS("round ears"),
    HORNS("horns"),
    LEAF("a leaf on its head"),
    FLAME("a flame on its head");

    final String words;

    Head(String words) {
      this.words = words;
    }
  }

  /** What is behind a body. */
  enum Back {
    NOTHING(""),
    WINGS("wings"),
    TAIL("a tail"),
    FINS("fins");

    final String words;

    Back(String words) {
      this.words = words;
    }
  }

  static Creature any(SplittableRandom random) {
    return new Creature(
        Scene.one(Tint.values(), random),
        Scene.one(Body.values(), random),
        Scene.one(Head.values(), random),
        Scene.one(Back.values(), random),
        random.nextInt(3) == 0);
  }

  String caption(SplittableRandom random) {
    List<String> features = new ArrayList<>();
    if (head != Head.NOTHING) {
      features.add(head.words);
    }
    if (back != Back.NOTHING) {
      features.add(back.words);
    }
    if (spotted) {
      features.add("spots");
    }
    boolean shaped = random.nextBoolean();
    String noun =
        (shaped ? body.word + " " : "")
            + tint.word()
            + " "
            + Scene.one(List.of("creature", "creature", "creature with big eyes"), random);
    String caption = Thing.article(noun) + " " + noun;
    if (!features.isEmpty()) {
      caption += (noun.contains(" with ") ? " and " : " with ") + String.join(" and ", features);
    }
    return Scene.one(List.of("", "a drawing of ", "a picture of "), random) + caption;
  }

  void paint(Graphics2D graphics, SplittableRandom random) {
    graphics.setColor(GROUND);
    graphics.fill(new Rectangle2D.Double(0, 0, 1, 1));
    graphics.setColor(RING);
    graphics.fill(circle(0.5, 0.5, 0.46));
    Graphics2D own = (Graphics2D) graphics.create();
    own.translate(
        0.5 + 0.04 * (random.nextDouble() - 0.5), 0.52 + 0.04 * (random.nextDouble() - 0.5));
    own.rotate(0.16 * (random.nextDouble() - 0.5));
    double radius = 0.36 + 0.06 * random.nextDouble();
    own.scale(radius, radius);
    draw(new Brush(own, tint.shade(random), WIDTH), random);
    own.dispose();
  }

  private void draw(Brush b, SplittableRandom random) {
    switch (back) {
      case NOTHING -> {}
      case WINGS ->
          both(b, b.light(), "M 0.3 0.1 C 0.6 -0.7 1.2 -0.6 1.15 0 C 1.1 0.3 0.7 0.4 0.3 0.1 Z");
      case TAIL -> {
        Shape tail = path("M 0.3 0.6 C 0.9 0.9 1.2 0.5 0.95 0.05");
        b.stroke(LINE, 0.3 + WIDTH, tail).stroke(b.main(), 0.3, tail);
      }
      case FINS -> both(b, b.dark(), "M 0.4 0.2 L 1.1 0 L 0.95 0.35 L 1.1 0.6 L 0.4 0.5 Z");
    }
    switch (head) {
      case NOTHING -> {}
      case LONG_EARS ->
          both(
              b, b.main(), "M 0.1 -0.3 C 0.1 -1 0.25 -1.25 0.4 -1.15 C 0.6 -1 0.5 -0.6 0.4 -0.2 Z");
      case POINTED_EARS -> both(b, b.main(), "M 0.1 -0.4 L 0.6 -1 L 0.62 -0.15 Z");
      case ROUND_EARS -> {
        edged(b, b.main(), circle(-0.45, -0.5, 0.27));
        edged(b, b.main(), circle(0.45, -0.5, 0.27));
      }
      case HORNS -> both(b, RING, "M 0.15 -0.45 Q 0.25 -0.8 0.6 -1 Q 0.6 -0.6 0.45 -0.3 Z");
      case LEAF ->
          edged(
              b,
              new Color(90, 190, 90),
              path("M 0 -0.5 C -0.2 -0.9 0.1 -1.2 0.6 -1.1 C 0.6 -0.8 0.3 -0.55 0 -0.5 Z"));
      case FLAME ->
          edged(
              b,
              new Color(255, 165, 50),
              path(
                  "M 0 -1.2 C 0.4 -0.8 0.35 -0.5 0 -0.4 C -0.35 -0.5 -0.3 -0.75 -0.12 -0.85 Q 0 -1 0 -1.2 Z"));
    }
    edged(b, b.dark(), oval(-0.28, 0.75, 0.2, 0.14));
    edged(b, b.dark(), oval(0.28, 0.75, 0.2, 0.14));
    edged(b, b.main(), body.shape());
    b.plain(b.light(), oval(0, 0.48, 0.28, 0.2));
    if (spotted) {
      for (int k = 0; k < 4; k++) {
        double x = -0.36 + 0.24 * k;
        b.plain(b.dark(), circle(x, 0.5 + 0.1 * random.nextDouble(), 0.075));
      }
    }
    eye(b, -0.25);
    eye(b, 0.25);
    b.plain(CHEEK, oval(-0.42, 0.27, 0.1, 0.07));
    b.plain(CHEEK, oval(0.42, 0.27, 0.1, 0.07));
    b.stroke(LINE, 0.06, path("M -0.1 0.27 Q 0 0.38 0.1 0.27"));
  }

  private static void eye(Brush b, double x) {
    b.plain(LINE, circle(x, 0, 0.25))
        .plain(Color.WHITE, circle(x, 0, 0.19))
        .plain(LINE, circle(x, 0.02, 0.14))
        .plain(Color.WHITE, circle(x + 0.05, -0.05, 0.06));
  }

  private static void both(Brush b, Color color, String right) {
    Shape shape = path(right);
    edged(b, color, shape);
    edged(b, color, AffineTransform.getScaleInstance(-1, 1).createTransformedShape(shape));
  }

  private static void edged(Brush b, Color color, Shape shape) {
    b.stroke(LINE, 2 * WIDTH * 0.8, shape).plain(color, shape);
  }
}
