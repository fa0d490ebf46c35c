package dev.currywurst.train.judge;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * How often the main colour of pictures is the one that their texts name.
 *
 * @param seen for each colour that texts name, which colours their pictures have, and how many
 */
public record ColourReport(Map<Colour, Map<Colour, Integer>> seen) {
  /** A text, and the main colour of the picture that belongs to it. */
  public record Sighting(String text, Colour seen) {
    /** What the text asks for, if it names a colour. */
    public Optional<Colour> asked() {
      return Colour.firstIn(text);
    }
  }

  public ColourReport {
    Map<Colour, Map<Colour, Integer>> copy = new EnumMap<>(Colour.class);
    seen.forEach(
        (asked, found) -> copy.put(asked, Collections.unmodifiableMap(new EnumMap<>(found))));
    seen = Collections.unmodifiableMap(copy);
  }

  /** Counts; texts that name no colour do not count. */
  public static ColourReport of(Iterable<Sighting> sightings) {
    Map<Colour, Map<Colour, Integer>> seen = new EnumMap<>(Colour.class);
    for (Sighting sighting : sightings) {
      sighting
          .asked()
          .ifPresent(
              asked ->
                  seen.computeIfAbsent(asked, colour -> new EnumMap<>(Colour.class))
                      .merge(sighting.seen(), 1, Integer::sum));
    }
    return new ColourReport(seen);
  }

  /** How many texts name a colour. */
  public int asked(Colour colour) {
    return seen.getOrDefault(colour, Map.of()).values().stream().mapToInt(count -> count).sum();
  }

  /** How many texts name any colour. */
  public int asked() {
    return seen.keySet().stream().mapToInt(this::asked).sum();
  }

  /** How many of the pictures whose texts name a colour have it. */
  public int found(Colour colour) {
    return seen.getOrDefault(colour, Map.of()).getOrDefault(colour, 0);
  }

  /** How many pictures have the colour that their text names. */
  public int found() {
    return seen.keySet().stream().mapToInt(this::found).sum();
  }

  /** The share of a colour's pictures that have it, 0 to 1; 0 if no text names it. */
  public double agreement(Colour colour) {
    return share(found(colour), asked(colour));
  }

  /** The share of all pictures that have the colour that their text names, 0 to 1. */
  public double agreement() {
    return share(found(), asked());
  }

  /**
   * What {@link #agreement()} would be if the texts named colours as often as another report's:
   * what its own can be compared with, since some colours are easier than others. Colours that no
   * text of this report names are left out.
   */
  public double agreementAsIn(ColourReport other) {
    double sum = 0;
    int weight = 0;
    for (Colour colour : seen.keySet()) {
      sum += other.asked(colour) * agreement(colour);
      weight += other.asked(colour);
    }
    return weight == 0 ? 0 : sum / weight;
  }

  /** What {@link #agreement()} would be by chance: with the same pictures and texts, shuffled. */
  public double chance() {
    double sum = 0;
    for (Colour colour : seen.keySet()) {
      int pictures = seen.values().stream().mapToInt(found -> found.getOrDefault(colour, 0)).sum();
      sum += share(asked(colour), asked()) * share(pictures, asked());
    }
    return sum;
  }

  private static double share(int part, int all) {
    return all == 0 ? 0 : (double) part / all;
  }
}
