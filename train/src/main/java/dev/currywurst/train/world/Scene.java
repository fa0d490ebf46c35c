package dev.currywurst.train.world;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What a picture shows.
 *
 * @param groups one or two kinds of things; the first one is what the picture is about
 * @param layout how they stand to each other, or where the only one is
 * @param setting behind them
 */
public record Scene(List<Group> groups, Layout layout, Setting setting) {
  /** How large something is drawn. */
  public enum Size {
    SMALL,
    USUAL,
    BIG
  }

  /** Where things are. The first six are for one group, the others for two. */
  public enum Layout {
    MIDDLE,
    LEFT,
    RIGHT,
    TOP,
    BOTTOM,
    SEVERAL,
    BESIDE,
    LEFT_OF,
    RIGHT_OF,
    ABOVE,
    UNDER
  }

  /** Equal things of one colour. */
  public record Group(Thing thing, Tint tint, int count, Size size) {
    /**
     * True if this combination of thing and colour is kept for testing: one in ten, the same ones
     * always, each thing and each colour in others.
     */
    public boolean isHeldBack() {
      long mixed = (thing.name().hashCode() * 31L + tint.name().hashCode()) * 0x9E3779B97F4A7C15L;
      return (mixed >>> 33) % 10 == 0;
    }
  }

  public Scene {
    groups = List.copyOf(groups);
  }

  /** The first group's thing and colour: what a picture is judged by. */
  public Group subject() {
    return groups.get(0);
  }

  /** A scene for training: none of its groups is {@linkplain Group#isHeldBack held back}. */
  public static Scene forTraining(SplittableRandom random) {
    while (true) {
      Scene scene = any(random);
      if (scene.groups.stream().noneMatch(Group::isHeldBack)) {
        return scene;
      }
    }
  }

  /** A scene for testing: what it is about is {@linkplain Group#isHeldBack held back}. */
  public static Scene forTesting(SplittableRandom random) {
    while (true) {
      Scene scene = any(random);
      if (scene.subject().isHeldBack()) {
        return scene;
      }
    }
  }

  private static Scene any(SplittableRandom random) {
    double kind = random.nextDouble();
    Setting setting = random.nextInt(2) == 0 ? Setting.WHITE : one(Setting.values(), random);
    if (kind < 0.5) {
      Layout layout =
          random.nextInt(3) > 0 ? Layout.MIDDLE : between(Layout.LEFT, Layout.BOTTOM, random);
      return new Scene(List.of(group(1, size(random), setting, random)), layout, setting);
    }
    if (kind < 0.65) {
      Group several = group(random.nextInt(2, 5), Size.USUAL, setting, random);
      return new Scene(List.of(several), Layout.SEVERAL, setting);
    }
    Layout layout =
        random.nextBoolean() ? Layout.BESIDE : between(Layout.LEFT_OF, Layout.UNDER, random);
    Group first = group(1, size(random), setting, random);
    Group second = group(1, size(random), setting, random);
    while (second.thing() == first.thing()) {
      second = group(1, size(random), setting, random);
    }
    return new Scene(List.of(first, second), layout, setting);
  }

  private static Group group(int count, Size size, Setting setting, SplittableRandom random) {
    Tint tint = one(Tint.values(), random);
    while (setting.hides(tint)) {
      tint = one(Tint.values(), random);
    }
    return new Group(one(Thing.values(), random), tint, count, size);
  }

  private static Size size(SplittableRandom random) {
    return random.nextInt(2) == 0 ? Size.USUAL : one(Size.values(), random);
  }

  private static Layout between(Layout first, Layout last, SplittableRandom random) {
    return one(List.copyOf(EnumSet.range(first, last)), random);
  }

  static <T> T one(T[] values, SplittableRandom random) {
    return values[random.nextInt(values.length)];
  }

  static <T> T one(List<T> values, SplittableRandom random) {
    return values.get(random.nextInt(values.size()));
  }

  /** The second group, if there are two. */
  Optional<Group> companion() {
    return groups.size() > 1 ? Optional.of(groups.get(1)) : Optional.empty();
  }
}
