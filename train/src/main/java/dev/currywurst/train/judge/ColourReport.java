package dev.currywurst.train.judge;

import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How often the main colour of pictures is the one that their texts name. Two reports by the same
 * judge can be compared: one on what a model painted for prompts, and one on real pictures and
 * their captions, which tells how far the judge itself can be trusted.
 *
 * @param colours what was asked for, and what was found
 */
public record ColourReport(Map<Colour, Score> colours) {
  private static final int COLUMNS = 10;
  private static final int CAPTION_LINES = 3;

  /** A text and the picture that was painted for it, or that it is the caption of. */
  public record Sample(String text, Image picture) {
    /** What the text asks for, if it names a colour. */
    public Optional<Colour> asked() {
      return Colour.firstIn(text);
    }

    /** What the judge sees. */
    public Colour seen() {
      return ColourJudge.mainColour(picture);
    }
  }

  /**
   * The figures of one colour.
   *
   * @param asked pictures whose text names it
   * @param found how many of these have it as their main colour
   */
  public record Score(int asked, int found) {
    /** The share of the pictures that have the colour, 0 to 1. */
    public double agreement() {
      return asked == 0 ? 0 : (double) found / asked;
    }

    private Score with(boolean match) {
      return new Score(asked + 1, match ? found + 1 : found);
    }
  }

  public ColourReport {
    colours = Collections.unmodifiableMap(new EnumMap<>(colours));
  }

  /** Judges; samples whose text names no colour do not count. */
  public static ColourReport of(Iterable<Sample> samples) {
    Map<Colour, Score> colours = new EnumMap<>(Colour.class);
    for (Sample sample : samples) {
      sample
          .asked()
          .ifPresent(
              asked ->
                  colours.put(
                      asked,
                      colours.getOrDefault(asked, new Score(0, 0)).with(sample.seen() == asked)));
    }
    return new ColourReport(colours);
  }

  /** All colours together. */
  public Score total() {
    int asked = colours.values().stream().mapToInt(Score::asked).sum();
    int found = colours.values().stream().mapToInt(Score::found).sum();
    return new Score(asked, found);
  }

  /**
   * The pictures on one, each with what the judge sees and its text, such as {@code (orange) a red
   * fish}.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Image sheet(List<Sample> samples) {
    return new ContactSheet(COLUMNS, CAPTION_LINES, 6)
        .draw(
            samples.stream()
                .map(
                    sample ->
                        new ContactSheet.Cell(
                            sample.picture(),
                            "(%s) %s".formatted(sample.seen().word(), sample.text())))
                .toList());
  }

  /** A line for all, then one for each colour, such as {@code blue 88 % of 136}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(line("all", total()));
    colours.forEach((colour, score) -> text.append('\n').append(line(colour.word(), score)));
    return text.toString();
  }

  private static String line(String name, Score score) {
    return String.format(
        Locale.ROOT, "%s %.0f %% of %d", name, 100 * score.agreement(), score.asked());
  }
}
