package dev.currywurst.train.judge;

import dev.currywurst.image.Image;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A caption that a model is asked to paint, and what is known of it.
 *
 * @param prompt the caption
 * @param colour of the thing that it is about, if that is known
 * @param object the thing that it is about, in a word, if that is known
 * @param picture reads the real picture with this caption, if there is one
 */
public record TestCase(
    String prompt,
    Optional<Colour> colour,
    Optional<String> object,
    Optional<Supplier<Image>> picture) {

  /** With the colour that the caption names first, where none is given. */
  public static TestCase of(
      String prompt,
      Optional<Colour> colour,
      Optional<String> object,
      Optional<Supplier<Image>> picture) {
    return new TestCase(prompt, colour.or(() -> Colour.firstIn(prompt)), object, picture);
  }

  /**
   * True if the other's caption is surely wrong for a picture of this one: it is about something
   * that this one does not name. Where things are not known, other words have to do.
   */
  public boolean excludes(TestCase other) {
    if (object.isEmpty() || other.object.isEmpty()) {
      return !prompt.equals(other.prompt);
    }
    return !prompt.toLowerCase(Locale.ROOT).contains(other.object.get().toLowerCase(Locale.ROOT));
  }
}
