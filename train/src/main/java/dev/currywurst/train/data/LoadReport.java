package dev.currywurst.train.data;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What became of the pictures that were to be loaded.
 *
 * @param loaded how many are there
 * @param broken each file left out and the sentence that says why, in the folder's order
 */
public record LoadReport(int loaded, Map<Path, String> broken) {
  public LoadReport {
    broken = Collections.unmodifiableMap(new LinkedHashMap<>(broken));
  }

  /** The broken part of all, 0 to 1. */
  public double brokenFraction() {
    int all = loaded + broken.size();
    return all == 0 ? 0 : (double) broken.size() / all;
  }

  /** One line with the numbers, then one line for each broken file. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(loaded).append(" pictures loaded, ").append(broken.size()).append(" left out");
    broken.values().forEach(reason -> text.append("\n  ").append(reason));
    return text.toString();
  }
}
