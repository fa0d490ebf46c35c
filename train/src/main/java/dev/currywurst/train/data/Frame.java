package dev.currywurst.train.data;

/** The size of a sample in pixels. */
public record Frame(int width, int height) {
  public Frame {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("a sample of " + width + "x" + height);
    }
  }

  static Frame square(int side) {
    return new Frame(side, side);
  }

  @Override
  public String toString() {
    return width + "x" + height;
  }
}
