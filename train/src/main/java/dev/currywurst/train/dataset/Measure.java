package dev.currywurst.train.dataset;

/** Tells how alike two of a list of pictures are. */
public interface Measure {
  /** What reports call it, such as {@code look}. */
  String name();

  /** A quick look that may say no for sure; it is asked for every pair. */
  default boolean mayResemble(int a, int b) {
    return true;
  }

  /** How alike the pictures at two places of the list are, at most 1. */
  double similarity(int a, int b);

  /** From this similarity on, two pictures are nearly the same. */
  double threshold();

  /**
   * Below this similarity, two pictures are never in one cluster, whatever lies between them: in a
   * long chain each is like the next, and its ends are strangers.
   */
  double guard();
}
