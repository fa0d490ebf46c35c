package dev.currywurst.train.dataset;

import java.util.List;

/**
 * Compares {@linkplain Appearance appearances}: alike are recoloured forms of one drawing, and
 * copies that were resized or compressed.
 */
final class LookMeasure implements Measure {
  /**
   * Chosen on 1,352 sprites of some 900 creatures: the least alike two of 20 recoloured forms reach
   * 0.975, the most alike drawings of different creatures 0.856.
   */
  static final double DEFAULT_THRESHOLD = 0.92;

  /** How much less alike the ends of a chain may be. */
  private static final double SLACK = 0.02;

  private final List<Appearance> pictures;
  private final double threshold;

  LookMeasure(List<Appearance> pictures, double threshold) {
    this.pictures = List.copyOf(pictures);
    this.threshold = threshold;
  }

  @Override
  public String name() {
    return "look";
  }

  @Override
  public boolean mayResemble(int a, int b) {
    return pictures.get(a).mayResemble(pictures.get(b));
  }

  @Override
  public double similarity(int a, int b) {
    return pictures.get(a).similarity(pictures.get(b));
  }

  @Override
  public double threshold() {
    return threshold;
  }

  @Override
  public double guard() {
    return threshold - SLACK;
  }
}
