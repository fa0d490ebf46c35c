package dev.currywurst.train.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What became of the pictures that were to be loaded.
 *
 * @param loaded how many are there
 * @param broken the name of each picture left out and the sentence that says why, in order
 */
public record LoadReport(int loaded, Map<String, String> broken) {
  private static final int NAMED = 5;

  public LoadReport {
    broken = Collections.unmodifiableMap(new LinkedHashMap<>(broken));
  }

  /** How many pictures there were. */
  public int all() {
    return loaded + broken.size();
  }

  /** The broken part of all, 0 to 1. */
  public double brokenFraction() {
    return all() == 0 ? 0 : (double) broken.size() / all();
  }

  /** This report and another one as one. */
  public LoadReport plus(LoadReport other) {
    Map<String, String> both = new LinkedHashMap<>(broken);
    both.putAll(other.broken);
    return new LoadReport(loaded + other.loaded, both);
  }

  /** What to tell the user: how many were left out, and of the first few why. Empty if none was. */
  public Optional<String> notice() {
    return broken.isEmpty()
        ? Optional.empty()
        : Optional.of("Left out %d of %d pictures: %s".formatted(broken.size(), all(), reasons()));
  }

  /** Of the first few broken pictures why. */
  String reasons() {
    String reasons = broken.values().stream().limit(NAMED).collect(Collectors.joining(" "));
    int others = broken.size() - NAMED;
    return reasons + (others > 0 ? " And " + others + " more." : "");
  }
}
