package dev.currywurst.pipeline;

/** The three networks that a picture goes through, in this order. */
public enum Stage {
  C("Stage C"),
  B("Stage B"),
  A("Stage A");

  private final String title;

  Stage(String title) {
    this.title = title;
  }

  @Override
  public String toString() {
    return title;
  }
}
