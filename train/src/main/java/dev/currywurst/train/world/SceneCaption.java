package dev.currywurst.train.world;

import dev.currywurst.train.world.Scene.Group;
import dev.currywurst.train.world.Scene.Layout;
import dev.currywurst.train.world.Scene.Size;
import java.util.List;
import java.util.SplittableRandom;

/** Tells a scene in varied words. */
final class SceneCaption {
  private static final List<String> OPENINGS =
      List.of("", "", "", "", "a drawing of ", "a picture of ", "an image of ");
  private static final List<String> NUMBERS = List.of("one", "two", "three", "four");

  private SceneCaption() {}

  static String of(Scene scene, SplittableRandom random) {
    StringBuilder caption = new StringBuilder(Scene.one(OPENINGS, random));
    caption.append(group(scene.subject(), random));
    String place = Scene.one(words(scene.layout()), random);
    if (!place.isEmpty()) {
      caption.append(' ').append(place);
    }
    scene.companion().ifPresent(other -> caption.append(' ').append(group(other, random)));
    String setting = Scene.one(scene.setting().words(), random);
    if (!setting.isEmpty()) {
      caption.append(' ').append(setting);
    }
    return caption.toString();
  }

  private static String group(Group group, SplittableRandom random) {
    String size = Scene.one(words(group.size()), random);
    String tint = group.tint().word();
    if (group.count() > 1) {
      return NUMBERS.get(group.count() - 1) + " " + tint + " " + group.thing().plural();
    }
    String noun = group.thing().word();
    String words =
        random.nextInt(8) == 0
            ? (size + " " + noun).strip() + " in " + tint
            : (size + " " + tint + " " + noun).strip();
    return Thing.article(words) + " " + words;
  }

  private static List<String> words(Size size) {
    return switch (size) {
      case SMALL -> List.of("small", "little", "tiny");
      case USUAL -> List.of("");
      case BIG -> List.of("big", "large", "huge");
    };
  }

  private static List<String> words(Layout layout) {
    return switch (layout) {
      case MIDDLE -> List.of("", "", "", "in the middle");
      case LEFT -> List.of("on the left", "on the left side");
      case RIGHT -> List.of("on the right", "on the right side");
      case TOP -> List.of("at the top");
      case BOTTOM -> List.of("at the bottom");
      case SEVERAL -> List.of("");
      case BESIDE -> List.of("beside", "next to", "and", "near", "with");
      case LEFT_OF -> List.of("to the left of", "left of");
      case RIGHT_OF -> List.of("to the right of", "right of");
      case ABOVE -> List.of("above", "over");
      case UNDER -> List.of("under", "below");
    };
  }
}
